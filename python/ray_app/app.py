"""What Ray Serve starts for the server: `ray_app.app:build`, an application with one slot for a model."""

from ray import serve

from .slot import Slot


def build(settings):
    """`settings`: keyDigest, owner, folder, cacheBytes; see slot.py."""
    return serve.deployment(name="Slot")(Slot).bind(settings)

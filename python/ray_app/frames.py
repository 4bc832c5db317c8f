"""Frames of the scoring worker over asyncio's streams; `scoring_worker/channel.py` has the format."""

import asyncio
import json

from scoring_worker import channel

HELLO_SECONDS = 60


async def receive(reader):
    """The next frame, or None at the end of the connection."""
    try:
        length, kind, flags, zero, id, aux = channel.HEADER.unpack(await reader.readexactly(channel.HEADER.size))
        if length > channel.MAX_PAYLOAD or zero != 0:
            raise channel.ProtocolError("a header that is none")
        return channel.Frame(kind, flags, id, aux, await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def send(writer, kind, payload=b"", id=0, aux=0):
    writer.write(channel.HEADER.pack(len(payload), kind, 0, 0, id, aux))
    if payload:
        writer.write(payload)
    await writer.drain()


async def send_json(writer, kind, message):
    await send(writer, kind, json.dumps(message).encode("utf-8"))

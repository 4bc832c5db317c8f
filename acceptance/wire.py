"""Requests as they stand on the wire, for what the client would never send or would hide from us."""

import json
from contextlib import contextmanager

import pytest


class Answer:
    """Status, headers and body of one answer; `json` keeps integers and NaN as Python has them."""

    def __init__(self, response):
        self.status = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.content = response.content

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def error_code(self):
        return self.json["error_code"]

    def ok(self):
        assert self.status == 200, f"{self.status}: {self.text[:500]}"
        return self.json

    def refused(self, status, error_code, message=""):
        """Asserts a refusal in MLflow's shape; `message` must occur in it."""
        assert self.status == status, f"{self.status}: {self.text[:500]}"
        assert self.error_code == error_code, self.text[:500]
        assert message.lower() in self.json["message"].lower(), self.json["message"]
        return self


class Wire:
    def __init__(self, url, credentials):
        self.url = url
        self.session = credentials.session()

    def send(self, method, path, *, prefix="/api/2.0/mlflow/", **options):
        """`path` is under `prefix` unless it starts with a slash."""
        address = self.url + (path if path.startswith("/") else prefix + path)
        return Answer(self.session.request(method, address, timeout=60, **options))

    def get(self, path, query=None, **options):
        return self.send("GET", path, params=query, **options)

    def post(self, path, body=None, **options):
        return self.send("POST", path, json={} if body is None else body, **options)

    def patch(self, path, body=None, **options):
        return self.send("PATCH", path, json={} if body is None else body, **options)

    def delete(self, path, body=None, **options):
        return self.send("DELETE", path, json={} if body is None else body, **options)

    def post_text(self, path, text, content_type="application/json", **options):
        """Sends `text` byte for byte. With content_type None the header is left out."""
        headers = {"Content-Type": content_type} if content_type else {}
        body = text if isinstance(text, bytes) else text.encode()
        return self.send("POST", path, data=body, headers=headers, **options)


@contextmanager
def refused(error_code, message=""):
    """`with refused("RESOURCE_DOES_NOT_EXIST"):` the client call inside must fail with this code."""
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as info:
        yield info
    assert info.value.error_code == error_code, info.value
    assert message.lower() in str(info.value).lower(), info.value

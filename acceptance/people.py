"""Who signs in: the administrator who sets up, and the person as whom everything else runs."""

import base64
import os
import secrets
import uuid
from contextlib import contextmanager
from dataclasses import dataclass

import requests

VARIABLES = {
    "token": "MLFLOW_TRACKING_TOKEN",
    "name": "MLFLOW_TRACKING_USERNAME",
    "password": "MLFLOW_TRACKING_PASSWORD",
}


@dataclass(frozen=True)
class Credentials:
    """A token, or a name and a password; nothing of both where a server asks nobody."""

    token: str | None = None
    name: str | None = None
    password: str | None = None

    @property
    def header(self):
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token}"}
        if self.name is not None:
            pair = base64.b64encode(f"{self.name}:{self.password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        return {}

    @contextmanager
    def in_environment(self):
        """mlflow's client reads who it is from there, with every request."""
        kept = {variable: os.environ.pop(variable, None) for variable in VARIABLES.values()}
        mine = {variable: getattr(self, field) for field, variable in VARIABLES.items()}
        os.environ.update({variable: value for variable, value in mine.items() if value is not None})
        try:
            yield
        finally:
            for variable, value in kept.items():
                os.environ.pop(variable, None)
                if value is not None:
                    os.environ[variable] = value

    def session(self):
        """For requests without a client."""
        made = requests.Session()
        made.headers.update(self.header)
        return made


class SignedAs:
    """A client of mlflow whose calls are made by somebody else than those of the other clients of the process."""

    def __init__(self, client, credentials):
        self._client = client
        self._credentials = credentials

    def __getattr__(self, name):
        member = getattr(self._client, name)
        if not callable(member):
            return member

        def call(*args, **options):
            with self._credentials.in_environment():
                return member(*args, **options)

        return call


@dataclass(frozen=True)
class Person:
    id: str
    name: str
    password: str
    token: str
    token_id: str

    def credentials(self, sign_in):
        """`sign_in` is "token" or "basic"."""
        if sign_in == "token":
            return Credentials(token=self.token)
        return Credentials(name=self.name, password=self.password)


class Administrator:
    """Makes people and gives them rights, over the wire: no client of an older age speaks of them."""

    def __init__(self, url, credentials):
        self.url = url
        self.credentials = credentials
        self._session = credentials.session()

    def call(self, method, path, body=None, session=None):
        answer = (session or self._session).request(method, self.url + path, json=body, timeout=60)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.text else {}

    def make_person(self, name=None):
        """Somebody with a password and a token; the password is new where there is somebody of that name already."""
        name = name or f"person-{uuid.uuid4().hex[:12]}@acme.com"
        password = secrets.token_urlsafe(24)
        body = {"username": name, "password": password}
        known = self.call("GET", f"/api/2.0/preview/scim/v2/Users?filter=userName eq '{name}'")["Resources"]
        if known:
            self.call("PATCH", "/api/2.0/mlflow/users/update-password", body)
            number = known[0]["id"]
        else:
            number = str(self.call("POST", "/api/2.0/mlflow/users/create", body)["user"]["id"])
        own = Credentials(name=name, password=password).session()
        made = self.call("POST", "/api/2.0/token/create", {"comment": "acceptance", "lifetime_seconds": 14_400}, own)
        return Person(number, name, password, made["token_value"], made["token_info"]["token_id"])

    def delete_person(self, person):
        self.call("DELETE", f"/api/2.0/preview/scim/v2/Users/{person.id}")

    def set_active(self, person, active):
        self.patch_scim(f"Users/{person.id}", op="replace", path="active", value=active)

    def make_group(self):
        made = self.call("POST", "/api/2.0/preview/scim/v2/Groups", {"displayName": f"group-{uuid.uuid4().hex[:12]}"})
        return made["id"], made["displayName"]

    def delete_group(self, number):
        self.call("DELETE", f"/api/2.0/preview/scim/v2/Groups/{number}")

    def add_member(self, group, person):
        self.patch_scim(f"Groups/{group}", op="add", path="members", value=[{"value": person.id}])

    def remove_member(self, group, person):
        self.patch_scim(f"Groups/{group}", op="remove", path=f'members[value eq "{person.id}"]')

    def patch_scim(self, at, **operation):
        self.call("PATCH", f"/api/2.0/preview/scim/v2/{at}", {"Operations": [operation]})

    def revoke_token(self, token_id):
        self.call("DELETE", f"/api/2.0/token-management/tokens/{token_id}")

    def grant(self, right, to):
        """`to` is the name of a person."""
        kind, _, name = right.on.partition(" ")
        if kind == "experiment":
            self.give_level(name, right.privilege, user_name=to)
        else:
            change = {"principal": to, "add": [right.privilege]}
            path = f"/api/2.1/unity-catalog/permissions/{kind}/{name or kind}"
            self.call("PATCH", path, {"changes": [change]})

    def give_level(self, experiment, level, **principal):
        """`principal` is user_name or group_name."""
        entry = {**principal, "permission_level": level}
        self.call("PATCH", f"/api/2.0/permissions/experiments/{experiment}", {"access_control_list": [entry]})

    def revoke_level(self, experiment, user_name):
        body = {"username": user_name, "resource_type": "experiment", "resource_id": experiment}
        self.call("POST", "/api/3.0/mlflow/users/permissions/revoke", body)

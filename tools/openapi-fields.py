"""Writes server/src/http/mlflow/request-fields.json: what a request of each endpoint in acceptance/endpoints.json may
hold, as MLflow's own protocol descriptions say it. Names, types and required fields are facts of the protocol.

    $(node tools/python-env.mjs mlflow-3.17.2) tools/openapi-fields.py

Form: {"endpoints": {"POST 2.0/mlflow/runs/create": "CreateRun"},
       "messages": {"CreateRun": [{"name": "run_name", "type": "string"}]}, "enums": {"RunStatus": ["RUNNING"]}}
A type is a scalar's name, or that of a message or an enum.
"""

import json
import re
from pathlib import Path

from google.protobuf.descriptor import FieldDescriptor
from mlflow.protos import (
    databricks_pb2,
    mlflow_artifacts_pb2,
    model_registry_pb2,
    service_pb2,
    webhooks_pb2,
)

TARGET = Path(__file__).parent.parent / "server/src/http/mlflow/request-fields.json"
ENDPOINTS = Path(__file__).parent.parent / "acceptance/endpoints.json"
PARAMETER = re.compile(r"<path:(\w+)>|{(?:\w+[.])*(\w+)[*]?}")


def plain(path: str) -> str:
    """The path with `:name` for parameters, however its source writes them, and without a first slash."""
    return PARAMETER.sub(r":\1\2", path).lstrip("/")


PROMISED = {f"{entry['method']} {plain(entry['path'])}" for entry in json.loads(ENDPOINTS.read_text())}
SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BOOL: "boolean",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_FLOAT: "double",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "int64",
    FieldDescriptor.TYPE_FIXED32: "int64",
    FieldDescriptor.TYPE_UINT64: "int64",
    FieldDescriptor.TYPE_FIXED64: "int64",
    FieldDescriptor.TYPE_BYTES: "bytes",
}

messages: dict[str, list[dict]] = {}
enums: dict[str, list[str]] = {}


def short_name(descriptor) -> str:
    """`mlflow.SearchRuns` is SearchRuns; a message within another keeps that one's name: `Outer.Inner`."""
    package = descriptor.file.package
    return descriptor.full_name.removeprefix(f"{package}.")


def type_of(field) -> str:
    if field.type in SCALARS:
        return SCALARS[field.type]
    if field.enum_type is not None:
        name = short_name(field.enum_type)
        enums[name] = [value.name for value in field.enum_type.values]
        return name
    if field.message_type is None:
        raise SystemExit(f"{field.full_name} has a type that this tool does not know: {field.type}")
    # Values of google.protobuf (Struct, Value, Timestamp, Duration) have JSON forms of their own.
    if field.message_type.full_name.startswith("google.protobuf."):
        return "any"
    return add_message(field.message_type)


def add_message(descriptor) -> str:
    name = short_name(descriptor)
    if name in messages:
        return name
    # Before its fields, since a message may hold itself.
    messages[name] = []
    for field in descriptor.fields:
        entry = {"name": field.name, "type": type_of(field)}
        if field.GetOptions().Extensions[databricks_pb2.validate_required]:
            entry["required"] = True
        if field.is_repeated:
            entry["repeated"] = True
        messages[name].append(entry)
    return name


def main() -> None:
    endpoints: dict[str, str] = {}
    for module in (service_pb2, model_registry_pb2, webhooks_pb2, mlflow_artifacts_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                    key = f"{endpoint.method} {endpoint.since.major}.0/{plain(endpoint.path)}"
                    if key in PROMISED:
                        endpoints[key] = add_message(method.input_type)
    ordered = {
        "endpoints": dict(sorted(endpoints.items())),
        "messages": dict(sorted(messages.items())),
        "enums": dict(sorted(enums.items())),
    }
    TARGET.write_text(json.dumps(ordered, indent=1) + "\n")
    print(f"{len(endpoints)} endpoints, {len(messages)} messages, {len(enums)} enums")


if __name__ == "__main__":
    main()

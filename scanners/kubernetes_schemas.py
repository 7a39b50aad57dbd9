"""JSON schemas of Kubernetes' own kinds and of custom resources, as kubeconform reads them, one file each.

From what `make scan-tools` obtained with checksums: the API's description of the pinned release of Kubernetes
(api/openapi-spec/swagger.json of k8s.io/kubernetes) and the definitions that the add-ons' projects publish.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scanners.finding import ScannerFailed

# The same definitions that the tests' API server gets, with the group that Azure gives to Prometheus's.
from tests.cluster.definitions import definitions
from tools.places import DEFINITIONS, SWAGGER

Schema = dict[str, Any]
_REF = "#/definitions/"
_EITHER = {"int-or-string": ("string", "integer")}
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"


def write(folder: Path) -> None:
    """A file for each kind. Raises ScannerFailed where there is nothing to make them from."""
    if not SWAGGER.is_file() or not DEFINITIONS.is_dir():
        raise ScannerFailed("there are no schemas of Kubernetes here\n  hint: make scan-tools")
    for name, schema in (*_own(json.loads(SWAGGER.read_text(encoding="utf-8"))), *_custom()):
        (folder / name).write_text(json.dumps(schema), encoding="utf-8")


def _own(swagger: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    known = {name: strict(schema) for name, schema in swagger["definitions"].items()}
    # The API takes both of a number's forms; its description says only what it answers.
    known[_QUANTITY] = {"type": ["string", "number"]}
    for name, schema in known.items():
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            used = {each: known[each] for each in _reached(name, known)}
            yield _file(kind["group"], kind["kind"], kind["version"]), {"$ref": _REF + name, "definitions": used}


def _custom() -> Iterator[tuple[str, Schema]]:
    for definition in definitions():
        spec = definition["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            if "properties" in schema:
                # A definition need not repeat what every object has.
                common: Schema = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
                schema["properties"] = {**common, **schema["properties"], "metadata": {"type": "object"}}
            yield _file(spec["group"], spec["names"]["kind"], version["name"]), schema


def _file(group: str, kind: str, version: str) -> str:
    # kubeconform calls the group without a name by its version.
    return f"{group or version}_{kind.lower()}_{version}.json"


def strict(schema: Any) -> Any:  # noqa: ANN401 any part of a schema
    """The same schema in JSON Schema's own words, and with no room for a key that it does not name."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items() if key not in ("default", "example", "properties")}
    if "properties" in schema:
        # Here keys are names, and none of them is a word of the schema.
        made["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
    if schema.get("x-kubernetes-int-or-string") is True or schema.get("format") in _EITHER:
        return {"type": list(_EITHER["int-or-string"])}
    if schema.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    open_ended = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields") is True
    if schema.get("type") == "object" and "properties" in schema and not open_ended:
        made["additionalProperties"] = False
    return made


def _reached(name: str, known: Mapping[str, Schema]) -> set[str]:
    """Definitions that one leads to, itself included."""
    found, waiting = set[str](), [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _refs(known[current])
    return found


def _refs(schema: Any) -> Iterator[str]:  # noqa: ANN401 as above
    if isinstance(schema, list):
        for each in schema:
            yield from _refs(each)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix(_REF)
            else:
                yield from _refs(value)

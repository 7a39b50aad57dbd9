"""JSON Schema (2020-12) of the catalogue's files, from the classes that read them: editors and other tools judge a file
as we do, but for what relates two fields to each other.
"""

from datetime import date
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from models.checks import LEAST, PATTERN
from models.form import Models
from models.gpus import Gpus
from models.images import Images

SCHEMAS = {"models": Models, "images": Images, "gpus": Gpus}
"""File by file: `models/<name>.schema.json` is of `models/<name>.yaml`."""
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
}


def schema(form: type[Any]) -> dict[str, Any]:
    """The schema of one file's class."""
    definitions: dict[str, Any] = {}
    root = _object(form, definitions)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": form.__name__}
    return {**head, **root, "$defs": dict(sorted(definitions.items()))}


def _of(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 a type, or what stands for one
    kind = getattr(kind, "__supertype__", kind)
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(inner[1], definitions)}
    if origin in (Union, UnionType):
        return {"anyOf": [{"type": "null"} if item is NoneType else _of(item, definitions) for item in inner]}
    if not attrs.has(kind):
        raise TypeError(f"no schema is known for {kind}")
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _object(form: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints, fields = get_type_hints(form), attrs.fields(form)
    return {
        "description": " ".join((form.__doc__ or "").split()),
        "type": "object",
        "properties": {at.name: _held(at, _of(hints[at.name], definitions)) for at in fields},
        "required": [at.name for at in fields if at.default is attrs.NOTHING],
        "additionalProperties": False,
    }


def _held(at: "attrs.Attribute[Any]", found: dict[str, Any]) -> dict[str, Any]:
    if PATTERN in at.metadata:
        found["pattern"] = at.metadata[PATTERN]
    if LEAST in at.metadata:
        found["minItems" if found.get("type") == "array" else "minimum"] = at.metadata[LEAST]
    return found

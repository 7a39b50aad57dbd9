"""The document that Salesforce's External Services take: drawn from the gateway's own, in what their Apex can hold.

OpenAPI 3.0, one media type, named objects, and no union that would become an untyped Object in Apex:
help.salesforce.com, "Schema Definitions" (external_services_schema_def_definition) and "OpenAPI 2.0 and 3.0 Support".
Streams and tools stay out: text/event-stream is no media type of theirs, and a tool's schema is JSON of any shape.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from model_images.gateway.guard.openapi import document

HOST = "gateway.example"
"""Replaced by the named credential, which has the address: servers are not read."""
OPERATIONS = {
    "/v1/chat/completions": ("post", "Chat", "ChatAnswer"),
    "/v1/feedback": ("post", "Feedback", "FeedbackAnswer"),
    "/v1/erasures": ("post", "Erasure", "ErasureAnswer"),
    "/v1/models": ("get", "Models", "Models"),
}
"""Method, and the names of what is asked and answered."""
LEFT_OUT = frozenset(
    {"stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "tool_calls", "tool_call_id"}
    # Each takes one value alone, or JSON of any shape.
    | {"store", "logprobs", "top_logprobs", "response_format", "route"}
)
NAMES = {
    ("ChatRequest", "messages"): "Message",
    ("ChatRequest", "bailiwick"): "Bailiwick",
    ("Bailiwick", "passages"): "Passage",
    ("ChatAnswer", "choices"): "Choice",
    ("ChatAnswer", "usage"): "Usage",
    ("Choice", "message"): "AnswerMessage",
    ("Refusal", "error"): "RefusalError",
    ("Models", "data"): "Model",
}
"""Of nested objects: each becomes a class in Apex, `ExternalService.Gateway_<name>`."""
STRINGS = ("names", "relatives", "clinicians", "addresses", "ids", "phones", "faxes", "emails", "employers", "other")
RECORD = {
    "type": "object",
    "description": "Whom the text is about; every form of it is stripped, and it is passed to nobody.",
    "properties": {
        "birth_date": {"type": "string", "description": "1957-03-12"},
        **{name: {"type": "array", "items": {"type": "string"}} for name in (*STRINGS, "dates")},
    },
}
"""The plain form of guard/detectors/record_form.py, in strings alone."""
ROLES = ("user", "assistant")
"""The approved template instructs, so nobody else does; results of tools come with tools."""
WORDS = {"200": "The answer."}


def external_service() -> dict[str, Any]:
    """OpenAPI 3.0 with the operations that a flow or a class asks."""
    ours = json.loads(json.dumps(document(HOST)))
    schemas: dict[str, Any] = {}
    paths = {
        path: {method: _operation(ours["paths"][path][method], (asked, answered), ours, schemas)}
        for path, (method, asked, answered) in OPERATIONS.items()
    }
    schemas["Message"]["properties"]["role"]["enum"] = list(ROLES)
    return {
        "openapi": "3.0.3",
        "info": {**ours["info"], "title": "Gateway"},
        "servers": ours["servers"],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _operation(
    told: Mapping[str, Any], names: tuple[str, str], ours: Mapping[str, Any], schemas: dict[str, Any]
) -> dict[str, Any]:
    name, answered = names
    made: dict[str, Any] = {"operationId": told["operationId"], "summary": told["summary"]}
    if "requestBody" in told:
        schema = told["requestBody"]["content"]["application/json"]["schema"]
        made["requestBody"] = {"required": True, "content": _named(f"{name}Request", schema, ours, schemas)}
    made["responses"] = {
        status: {
            "description": WORDS.get(status, one["description"]),
            "content": _named(
                answered if status == "200" else "Refusal",
                one["content"]["application/json"]["schema"],
                ours,
                schemas,
            ),
        }
        for status, one in told["responses"].items()
    }
    return made


def _named(name: str, schema: dict[str, Any], ours: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": _plain(schema, name, ours, schemas)}}


def _plain(schema: dict[str, Any], name: str, ours: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """The same in 3.0; objects become named ones."""
    schema = _one(_followed(schema, ours), ours)
    if schema.get("type") == "array":
        return {"type": "array", "items": _plain(schema["items"], name, ours, schemas)}
    if "properties" in schema:
        if name not in schemas:
            schemas[name] = {}
            schemas[name] = _object(schema, name, ours, schemas)
        return {"$ref": f"#/components/schemas/{name}"}
    if "const" in schema or "enum" in schema:
        values: list[Any] = schema["enum"] if "enum" in schema else [schema["const"]]
        kind = {str: "string", int: "integer", bool: "boolean"}[type(values[0])]
        return {"type": kind} if kind == "boolean" else {"type": kind, "enum": values}
    made: dict[str, Any] = {
        key: schema[key] for key in ("type", "description", "maxLength", "minimum", "maximum") if key in schema
    }
    if made.get("type") == "integer" and made.get("maximum", 0) >= 2**31:
        return {"type": "integer", "format": "int64"}
    return made


def _object(schema: dict[str, Any], name: str, ours: Mapping[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for key, value in schema["properties"].items():
        if key in LEFT_OUT:
            continue
        if key == "record":
            schemas["Record"] = RECORD
            made[key] = {"$ref": "#/components/schemas/Record"}
            continue
        found = _plain(value, NAMES.get((name, key), f"{name}{key.title().replace('_', '')}"), ours, schemas)
        # What says nothing of its type is taken and dropped, or null alone: nobody in Apex needs it.
        if found.get("$ref") or found.get("type") not in (None, "null", "object"):
            made[key] = found
    required = [key for key in schema.get("required", []) if key in made]
    return {"type": "object", "properties": made, **({"required": required} if required else {})}


def _followed(schema: dict[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = ours["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _one(schema: dict[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Of several forms the plainest: not null; a string rather than its parts; and of kinds, what any of them has."""
    if "properties" in schema:
        # What of its fields must be there together, the gateway says when it is asked.
        return schema
    forms = [_followed(form, ours) for form in schema.get("oneOf", schema.get("anyOf", ()))]
    forms = [form for form in forms if form.get("type") != "null"]
    if not forms:
        return schema
    first = _one(forms[0], ours)
    if len(forms) == 1 or "properties" not in first:
        return first
    properties: dict[str, Any] = {}
    for form in forms:
        for key, value in form["properties"].items():
            known = properties.get(key, {})
            both = "enum" in known and "enum" in value
            properties[key] = {"enum": [*known["enum"], *value["enum"]]} if both and known != value else value
    shared = set.intersection(*(set(form.get("required", ())) for form in forms))
    return {"type": "object", "properties": properties, "required": [key for key in properties if key in shared]}


def registration() -> Iterator[str]:
    """The registration as Salesforce's metadata has it, with the document inside."""
    schema = escape(json.dumps(external_service(), indent=1, ensure_ascii=False))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield "<!-- Generated by `make docs` from the gateway's own document; edit the code instead. -->"
    yield '<ExternalServiceRegistration xmlns="http://soap.sforce.com/2006/04/metadata">'
    yield "    <description>The only door to the models: whole answers of chat, and the use cases.</description>"
    yield "    <label>Gateway</label>"
    yield "    <namedCredential>Gateway</namedCredential>"
    for name in ("chat", "feedback", "erasure", "listModels"):
        yield f"    <operations>\n        <active>true</active>\n        <name>{name}</name>\n    </operations>"
    yield "    <registrationProviderType>Custom</registrationProviderType>"
    yield f"    <schema>{schema}</schema>"
    # "OpenApi for Open API 2.0.x or Open API 3.0.x": ExternalServiceRegistration, Metadata API Developer Guide.
    yield "    <schemaType>OpenApi</schemaType>"
    yield "    <status>Complete</status>"
    yield "</ExternalServiceRegistration>"

"""The OpenAPI document, drawn from the descriptions that requests are checked by: it can't say anything else."""

from typing import Any

import msgspec

from model_images.gateway.guard.endpoints import ENDPOINTS, FEEDBACK, MODELS, Endpoint
from model_images.gateway.guard.extension import Extension

VERSION = "1.0.0"
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "code", "guard", "request_id"],
            "properties": {
                "message": {"type": "string", "description": "For people; it never repeats what was sent."},
                "type": {"enum": ["invalid_request_error", "refused"]},
                "param": {"type": "null"},
                "code": {"type": "string", "description": "Stable: `<guard>.<what>`.", "examples": ["classify.caller"]},
                "guard": {"type": "string"},
                "request_id": {"type": "string"},
            },
        }
    },
}
STATUSES = {
    "400": "The request has not the form that is described, or holds what can't be replaced.",
    "401": "No token, or none for this gateway and for now.",
    "403": "A guard refused.",
    "404": "Nothing is served there, or not to this caller.",
    "408": "The request came too slowly.",
    "413": "The request is too long.",
    "429": "Too many requests, or an abnormal volume of data.",
    "502": "The model failed, or its answer was blocked.",
    "503": "A guard could not do its work, or the audit log could not be written: nothing was passed on.",
    "504": "The model did not answer in time.",
}


def document(host: str) -> dict[str, Any]:
    """OpenAPI 3.1 of what is served."""
    schemas, extension = _extension()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Bailiwick gateway",
            "version": VERSION,
            "description": "The only door to the models: OpenAI's form, over mutual TLS, with a short-lived token.",
        },
        "servers": [{"url": f"https://{host}"}],
        "security": [{"certificate": [], "token": []}],
        "paths": {
            MODELS.path: {
                "get": {
                    "operationId": "listModels",
                    "summary": "The use cases that this token may ask.",
                    "responses": {
                        "200": {"description": "Names.", "content": _json(MODELS.answer.document())},
                        **_errors(),
                    },
                }
            },
            **{path: {"post": _operation(one, extension)} for path, one in ENDPOINTS.items()},
            FEEDBACK.path: {
                "post": {
                    "operationId": "feedback",
                    "summary": "Whether a person took the draft, or corrected it.",
                    "requestBody": {"required": True, "content": _json(FEEDBACK.request.document())},
                    "responses": {
                        "200": {"description": "Counted.", "content": _json(FEEDBACK.answer.document())},
                        **_errors(),
                    },
                }
            },
        },
        "components": {
            "schemas": {"Error": ERROR, **schemas},
            "securitySchemes": {
                "certificate": {"type": "mutualTLS"},
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def _extension() -> tuple[dict[str, Any], dict[str, Any]]:
    made, found = msgspec.json.schema_components((Extension,), ref_template="#/components/schemas/{name}")
    return found, made[0]


def _operation(one: Endpoint, extension: dict[str, Any]) -> dict[str, Any]:
    request = one.request.document()
    request["properties"]["bailiwick"] = extension
    answer: dict[str, Any] = {"application/json": {"schema": one.answer.document()}}
    if one.streams:
        answer["text/event-stream"] = {"schema": {"type": "string"}}
    return {
        "operationId": one.name,
        "summary": f"As OpenAI's {one.path}; `model` is the name of a use case.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {"200": {"description": "The answer.", "content": answer}, **_errors()},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _errors() -> dict[str, Any]:
    return {
        status: {"description": words, "content": _json({"$ref": "#/components/schemas/Error"})}
        for status, words in STATUSES.items()
    }

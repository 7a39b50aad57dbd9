"""The OpenAPI document, drawn from the descriptions that requests are checked by: it can't say anything else."""

from typing import Any

import msgspec

from model_images.gateway.guard.endpoints import ENDPOINTS, ERASURES, FEEDBACK, MODEL, MODELS, Endpoint, parts
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
LATER = {"Retry-After": {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}}
NEVER = {"X-Should-Retry": {"description": "`false` where that does not help.", "schema": {"enum": ["false"]}}}
HEADERS = {"429": LATER, "502": {**LATER, **NEVER}, "503": {**LATER, **NEVER}, "504": NEVER}
STATUSES = {
    "400": "The request has not the form that is described, or holds what can't be replaced.",
    "401": "No token, or none for this gateway and for now.",
    "403": "A guard refused, or the breaker on volume is open.",
    "404": "Nothing is served there, or not to this caller.",
    "408": "The request came too slowly.",
    "413": "The request is too long.",
    "429": "Too many requests.",
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
                        **_errors("401", "403", "429", "503"),
                    },
                }
            },
            MODEL.path: {
                "get": {
                    "operationId": "readModel",
                    "summary": "One of them, where this token may ask it.",
                    "parameters": [
                        {"name": "model", "in": "path", "required": True, "schema": parts.USE_CASE.document()}
                    ],
                    "responses": {
                        "200": {"description": "Its name.", "content": _json(MODEL.answer.document())},
                        **_errors("401", "403", "404", "429", "503"),
                    },
                }
            },
            "/openapi.json": {
                "get": {
                    "operationId": "readDocument",
                    "summary": "This document.",
                    "responses": {
                        "200": {"description": "OpenAPI 3.1.", "content": _json({"type": "object"})},
                        **_errors("401", "403", "429"),
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
                        **_errors("400", "401", "403", "404", "408", "413", "429", "503"),
                    },
                }
            },
            ERASURES.path: {
                "post": {
                    "operationId": "erasure",
                    "summary": "Erase the tokens of a patient, or of a conversation.",
                    "requestBody": {"required": True, "content": _json(ERASURES.request.document())},
                    "responses": {
                        "200": {
                            "description": "So many tokens are gone.",
                            "content": _json(ERASURES.answer.document()),
                        },
                        **_errors("400", "401", "403", "404", "408", "413", "429", "503"),
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
    answer: dict[str, Any] = {"application/json": {"schema": _answer(one)}}
    if one.streams:
        answer["text/event-stream"] = {"schema": {"type": "string"}}
    return {
        "operationId": one.name,
        "summary": f"As OpenAI's {one.path}; `model` is the name of a use case.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
        "responses": {"200": {"description": "The answer.", "content": answer}, **_errors()},
    }


def _answer(one: Endpoint) -> dict[str, Any]:
    """The answer's own fields, before them those that the gateway writes itself."""
    made = one.answer.document()
    kind = {"chat": "chat.completion", "responses": "response", "embeddings": "list"}[one.name]
    head = {"id": {"type": "string"}, "object": {"const": kind}, "model": {"type": "string"}}
    return {**made, "properties": {**head, **made["properties"]}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _errors(*only: str) -> dict[str, Any]:
    return {
        status: {
            "description": words,
            "content": _json({"$ref": "#/components/schemas/Error"}),
            **({"headers": HEADERS[status]} if status in HEADERS else {}),
        }
        for status, words in STATUSES.items()
        if not only or status in only
    }

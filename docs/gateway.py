"""The gateway's reference: what it refuses, counts and is told, from the code that refuses, counts and reads."""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from prometheus_client.metrics import MetricWrapperBase

from model_images.gateway.envoy.connections import AGAIN as ENVOYS
from model_images.gateway.guard import settings
from model_images.gateway.guard.codes import CODES
from model_images.gateway.guard.detectors import record_form
from model_images.gateway.guard.endpoints import ENDPOINTS, ERASURES, FEEDBACK, MODEL, MODELS
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.openapi import document
from model_images.gateway.guard.statuses import AGAIN, STATUSES

HOST = "gateway.example"


def gateway() -> Iterator[str]:
    """Everything that a caller or an operator looks up."""
    yield "# Gateway\n"
    yield "What it is, and how it is run: [model_images/gateway](../../model_images/gateway/README.md). Clients:"
    yield "[model_images/gateway/clients](../../model_images/gateway/clients/README.md). Every field of every endpoint:"
    yield "[OpenAPI 3.1](gateway-openapi.json), which the gateway serves at `/openapi.json`.\n"
    yield "## Endpoints\n\n| method | path | streams |\n| --- | --- | --- |"
    yield f"| `GET` | `{MODELS.path}` | |"
    yield f"| `GET` | `{MODEL.path}` | |"
    for path, one in ENDPOINTS.items():
        yield f"| `POST` | `{path}` | {'yes' if one.streams else 'no'} |"
    yield f"| `POST` | `{FEEDBACK.path}` | |"
    yield f"| `POST` | `{ERASURES.path}` | |"
    yield "| `GET` | `/openapi.json` | |"
    yield from _extension()
    yield from _codes()
    yield from _metrics()
    yield from _settings()


def openapi() -> str:
    """The document as the gateway serves it, for no host in particular."""
    return json.dumps(json.loads(msgspec.json.encode(document(HOST))), indent=1, ensure_ascii=False)


def _extension() -> Iterator[str]:
    schemas = document(HOST)["components"]["schemas"]
    yield "\n## The field `bailiwick`\n"
    yield "Beside OpenAI's own fields; all of it may be left out, and another key in it is refused.\n"
    yield "| field | takes | what |\n| --- | --- | --- |"
    for prefix, name in (("", "Extension"), ("passages[].", "Passage")):
        for field, told in schemas[name]["properties"].items():
            yield f"| `{prefix}{field}` | {_takes(told)} | {told.get('description', '')} |"
    yield "\n### `bailiwick.record`\n"
    yield f"```text\n{inspect.cleandoc(record_form.__doc__ or '')}\n```"


def _takes(told: Mapping[str, Any]) -> str:
    forms = [form for form in told.get("anyOf", [told]) if form.get("type") != "null"]
    (form,) = forms
    if "enum" in form:
        return ", ".join(f"`{value}`" for value in form["enum"])
    bounds = [f"at most {form[key]}" for key in ("maxLength", "maxItems") if key in form]
    bounds += [f"`{form['pattern']}`"] if "pattern" in form else []
    return ", ".join([{"array": "list"}.get(form["type"], form["type"]), *bounds])


def _codes() -> Iterator[str]:
    by_code = {code: status for status, codes in STATUSES.items() for code in codes}
    yield "\n## Refusals\n"
    yield "In OpenAI's form: `error.code`, `error.message`, `error.guard`, `error.request_id`. A message names fields,"
    yield "limits and allowed values, and never what was sent. Codes are stable. In a stream that has begun, the"
    yield "refusal is the last event and no `[DONE]` follows: what has come is no answer.\n"
    yield '*Again*: seconds in `retry-after`. "no" is `x-should-retry: false`, which OpenAI\'s clients obey; where'
    yield "nothing stands they do not ask again by themselves.\n"
    yield "| code | status | again | what to do |\n| --- | --- | --- | --- |"
    for code, words in CODES.items():
        again = str(AGAIN[code]) if code in AGAIN else "no" if by_code[code] >= 500 else ""
        yield f"| `{code}` | {by_code[code]} | {again} | {words} |"
    yield "\nWhat stands before the guards refuses under `envoy.<status>`:\n"
    yield "| code | again | what to do |\n| --- | --- | --- |"
    for status, words in ENVOY.items():
        yield f"| `envoy.{status}` | {ENVOYS.get(status, '')} | {words} |"


ENVOY = {
    400: "What was sent is no HTTP, or a path is written in escapes.",
    401: "The token is missing, expired, lives too long, or is signed by nobody that is known.",
    403: "The token is for another audience.",
    404: "Nothing is served at that path, or not by that method.",
    408: "Headers or body came too slowly.",
    413: "The body is too long.",
    429: "More requests than one caller, or one replica, takes.",
    431: "The headers are too long.",
    503: "The guard does not answer.",
}
"""Of envoy/connections.py and envoy/filters.py."""


def _metrics() -> Iterator[str]:
    yield "\n## Metrics\n"
    yield "At `/metrics` of the health port, for the cluster's collector. No label holds content.\n"
    yield "| name | kind | labels | what |\n| --- | --- | --- | --- |"
    for one in vars(Metrics()).values():
        if isinstance(one, MetricWrapperBase):
            (told,) = one.describe()
            name = f"{told.name}_total" if told.type == "counter" else told.name
            labels = ", ".join(f"`{label}`" for label in one._labelnames)  # noqa: SLF001 the library tells them nowhere else
            yield f"| `{name}` | {told.type} | {labels} | {told.documentation} |"


def _settings() -> Iterator[str]:
    yield "\n## Settings\n"
    yield "`gateway.json`, which the plan writes and the pod mounts at `/etc/gateway`. Unknown keys are refused. Beside"
    yield "it the environment has `TOKEN_ISSUER`, `TOKEN_AUDIENCE` and `TOKEN_MAX_AGE_SECONDS`.\n"
    words = _docstrings()
    for section in SECTIONS:
        title = "Everything" if section is settings.Settings else f"`{section.__name__}`"
        yield f"\n### {title}\n\n{inspect.cleandoc(section.__doc__ or '')}\n"
        yield "| key | type | default | what |\n| --- | --- | --- | --- |"
        for field in msgspec.structs.fields(section):
            nested = isinstance(field.default, msgspec.Struct)
            default = "" if field.required else "as there" if nested else f"`{_default(field.default)}`"
            what = words.get((section.__name__, field.name), "")
            yield f"| `{field.encode_name}` | {_type(field.type)} | {default} | {what} |"


SECTIONS: tuple[type[msgspec.Struct], ...] = (
    settings.Settings,
    settings.Listener,
    settings.Health,
    settings.Tenant,
    settings.Canary,
    settings.External,
    settings.PromptStore,
    settings.AuditStore,
    settings.Plugin,
    settings.Volume,
    settings.Ceilings,
)


def _docstrings() -> dict[tuple[str, str], str]:
    """The words below each field, which Python itself forgets."""
    found = {}
    for node in ast.parse(inspect.getsource(settings)).body:
        if isinstance(node, ast.ClassDef):
            for before, after in pairwise(node.body):
                if not isinstance(before, ast.AnnAssign) or not isinstance(before.target, ast.Name):
                    continue
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                    found[node.name, before.target.id] = " ".join(str(after.value.value).split())
    return found


def _type(told: Any) -> str:  # noqa: ANN401 any annotation
    if isinstance(told, type) and issubclass(told, msgspec.Struct):
        return f"[`{told.__name__}`](#{told.__name__.lower()})"
    origin, inner = get_origin(told), [one for one in get_args(told) if one not in (Ellipsis, type(None))]
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if origin is tuple:
        return f"list of {_type(inner[0])}" if len(set(inner)) == 1 and len(inner) == 1 else "pair of strings"
    if inner and origin is not None and issubclass(origin if isinstance(origin, type) else object, Mapping):
        return f"by {'name' if inner[0] is str else _type(inner[0])}: {_type(inner[1])}"
    if inner and (origin is Union or origin is not None):
        return " or ".join(_type(one) for one in inner)
    return {str: "string", int: "whole number", float: "number", bool: "yes or no"}.get(told, str(told))


def _default(value: object) -> str:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)

"""From a stack's values to a StackConfig, or to all their faults together."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from config.checks import check
from config.faults import ConfigError, Fault
from config.secrets import HIDDEN, clear_secrets, named_as_secret
from config.stack import NAMESPACE, StackConfig
from jurisdictions import Jurisdiction, UnknownJurisdiction
from jurisdictions import load as load_jurisdiction

_reviewing: ContextVar[bool] = ContextVar("bailiwick_reviewing", default=False)


@contextmanager
def reviewing() -> Iterator[None]:
    """Let an unlawful, but well-formed, configuration make a plan, so that the packs can judge it.

    Only code in this process can do so: no dial, no environment variable. `pulumi up` is always refused.
    """
    token = _reviewing.set(True)
    try:
        yield
    finally:
        _reviewing.reset(token)


def load() -> StackConfig:
    """The running Pulumi program's configuration.

    Raises ConfigError with all faults.
    """
    import pulumi
    from pulumi.runtime import config as runtime_config

    values = {**runtime_config.get_config_env(), **(runtime_config.CONFIG.get() or {})}
    config, faults = parse(pulumi.get_stack(), values)
    if config is None or (faults and not _reviewing.get()):
        raise ConfigError(pulumi.get_stack(), faults)
    return config


def parse(stack: str, values: Mapping[str, object]) -> tuple[StackConfig | None, tuple[Fault, ...]]:
    """Read a stack's values, native or as the JSON text that Pulumi hands to a program.

    Returns the configuration, or None where a fault is `malformed`, and every fault found.
    """
    prefix = f"{NAMESPACE}:"
    raw = {key.removeprefix(prefix): _native(value) for key, value in values.items() if key.startswith(prefix)}
    faults = list(clear_secrets(values))
    sections: dict[str, Any] = {"stack": stack}
    faults += _unknown_keys(raw)
    for name, field in StackConfig.model_fields.items():
        key = to_camel(name)
        if name == "stack":
            continue
        if key not in raw:
            if field.is_required():
                faults.append(_missing(key, field.description or "", _consequence(field.json_schema_extra)))
            else:  # what a file leaves out is checked as it will hold
                sections[name] = field.get_default(call_default_factory=True)
            continue
        if name == "jurisdiction":
            sections |= _jurisdiction(raw[key], faults)
            continue
        try:
            sections[name] = _adapter(name).validate_python(raw[key])
        except ValidationError as error:
            faults += [_fault(key, detail) for detail in error.errors()]
    faults += check(sections)
    if any(fault.kind == "malformed" for fault in faults):
        return None, tuple(faults)
    return StackConfig(**sections), tuple(faults)


def _native(value: object) -> object:
    """Pulumi hands objects and lists to a program as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """Validates one top-level dial by itself, so that a fault in one does not hide those of the others."""
    field = StackConfig.model_fields[name]
    shape: Any = field.annotation
    return TypeAdapter(Annotated[(shape, *field.metadata)] if field.metadata else shape)


def _jurisdiction(value: object, faults: list[Fault]) -> dict[str, Jurisdiction]:
    try:
        return {"jurisdiction": load_jurisdiction(str(value))}
    except UnknownJurisdiction as error:
        faults.append(
            Fault(
                key=f"{NAMESPACE}:jurisdiction",
                value=repr(value),
                problem="no such jurisdiction",
                allowed=str(error),
                consequence="without law there is no verdict",
                hint="name a file of jurisdictions/, or write a new one (docs/guides/add-a-region.md)",
            )
        )
        return {}


def _unknown_keys(raw: Mapping[str, object]) -> list[Fault]:
    known = [to_camel(name) for name in StackConfig.model_fields if name != "stack"]
    return [_unknown_key(key, known, raw[key]) for key in raw if key not in known]


def _unknown_key(key: str, known: list[str], value: object) -> Fault:
    near = get_close_matches(key.rsplit(".", 1)[-1], known, n=1)
    return Fault(
        key=f"{NAMESPACE}:{key}",
        value=HIDDEN if named_as_secret(key) else _short(value),
        problem="unknown key",
        allowed=", ".join(sorted(known)),
        consequence="a mistyped dial that is ignored is a default that nobody chose",
        hint=f"did you mean {near[0]}?" if near else "remove the line",
    )


def _missing(key: str, description: str, consequence: str) -> Fault:
    return Fault(
        key=f"{NAMESPACE}:{key}",
        value="nothing",
        problem="missing",
        allowed=description or f"a section; see docs/reference/config.md#{key.lower()}",
        consequence=consequence,
        hint=f"add {NAMESPACE}:{key} to the stack file",
    )


def _fault(key: str, detail: ErrorDetails) -> Fault:
    """A fault of pydantic's in our words, with the description and consequence of the field it names."""
    path = [str(part) for part in detail["loc"]]
    model, field_name = _owner(key, path)
    dotted = ".".join([key, *path])
    if detail["type"] == "extra_forbidden" and model is not None:
        return _unknown_key(dotted, [to_camel(name) for name in model.model_fields], detail["input"])
    field = model.model_fields.get(field_name) if model is not None and field_name else None
    description = (field.description if field is not None else None) or "see docs/reference/config.md"
    consequence = _consequence(field.json_schema_extra if field is not None else None)
    if detail["type"] == "missing":
        return _missing(dotted, description, consequence)
    message = detail["msg"].removeprefix("Value error, ")
    return Fault(
        key=f"{NAMESPACE}:{dotted}",
        value=_short(detail["input"]),
        problem=message[:1].lower() + message[1:],
        allowed=description,
        consequence=consequence,
        hint=f"set {NAMESPACE}:{dotted} in the stack file; docs/reference/config.md shows each form",
    )


def _owner(key: str, path: list[str]) -> tuple[type[BaseModel] | None, str | None]:
    """The model and field that a location inside a section names."""
    from typing import get_args

    model: type[BaseModel] = StackConfig
    name: str | None = _attribute(StackConfig, key)
    for part in path:
        field = model.model_fields.get(name or "")
        if field is None:
            return model, None
        nested = _model_in(field.annotation, get_args)
        if nested is None:
            return model, name
        if part.isdigit():
            continue
        model, name = nested, _attribute(nested, part)
        if name is None:
            return model, None
    return model, name


def _model_in(annotation: object, arguments: Any) -> type[BaseModel] | None:  # noqa: ANN401 typing.get_args
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in arguments(annotation):
        found = _model_in(inner, arguments)
        if found is not None:
            return found
    return None


def _attribute(model: type[BaseModel], key: str) -> str | None:
    return next((name for name in model.model_fields if key in (name, to_camel(name))), None)


def _consequence(extra: object) -> str:
    if isinstance(extra, dict) and isinstance(extra.get("consequence"), str):
        return str(extra["consequence"])
    return "the platform can't be planned without it"


def _short(value: object) -> str:
    text = repr(value)
    if "PRIVATE KEY" in text:
        return HIDDEN
    return text if len(text) <= 80 else text[:77] + "..."

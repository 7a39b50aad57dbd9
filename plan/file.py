"""The plan file (`bailiwick-plan/1`, a public format). The export of a deployed stack is read by `export_file.py`.

Reading fails closed: what can't be understood is a PlanFileError, never an empty plan.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from plan.model import UNKNOWN, Plan, PlannedResource, Value, environment_of, jurisdiction_of

FORMAT = "bailiwick-plan/1"

_UNKNOWNS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""Pulumi's markers for values not known yet: sdk/go/common/resource/plugin/rpc.go in pulumi/pulumi."""
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key that marks a special value in Pulumi's wire and state formats."""
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
MASKED = "[secret]"


class PlanFileError(ValueError):
    """A plan file that can't be judged; the message says what, where and how to make a good one."""


def to_json(plan: Plan) -> str:
    """The plan as text; the same plan gives the same bytes."""
    return json.dumps(as_document(plan), indent=1, ensure_ascii=False) + "\n"


def as_document(plan: Plan) -> dict[str, object]:
    """The plan as JSON's own values, in the order of the format."""
    return {
        "format": FORMAT,
        "project": plan.project,
        "stack": plan.stack,
        "jurisdiction": plan.jurisdiction,
        "resources": [_resource_json(resource) for resource in plan.resources],
        "outputs": _plain(plan.outputs),
    }


def read(path: Path, jurisdiction: str | None = None, environment: str | None = None) -> Plan:
    """Read a plan file or the JSON of `pulumi stack export`.

    `jurisdiction` and `environment` say how an export is judged whose stack's name doesn't. Raises PlanFileError.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PlanFileError(
            f"{path}: {error.strerror or error}\nhint: bailiwick preview STACK --save {path}"
        ) from error
    except UnicodeDecodeError as error:
        raise PlanFileError(f"{path}: not UTF-8 text (byte {error.start}); a plan file is JSON") from error
    return parse(text, str(path), jurisdiction, environment)


def parse(text: str, where: str, jurisdiction: str | None = None, environment: str | None = None) -> Plan:
    """Read a plan from text; `where` names it in messages."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanFileError(f"{where}: not JSON: {error}{_cut_off(error, text)}\n{_again(where)}") from error
    if not isinstance(document, dict):
        raise PlanFileError(f"{where}: a plan file is a JSON object, not a {type(document).__name__}")
    if _HALF.search(text) and not _whole(document):
        raise PlanFileError(
            f"{where}: holds half of a character (a surrogate without its pair), which nothing can print"
        )
    if "deployment" in document and "format" not in document:
        from plan.export_file import from_export  # a plan of our own should not wait for it

        return _checked(from_export(document, where, jurisdiction, environment), where)
    found = document.get("format")
    if found != FORMAT:
        raise PlanFileError(
            f"{where}: format is {found!r}; this version reads {FORMAT!r} and the JSON of `pulumi stack export`\n"
            f"{_again(where)}"
        )
    project, stack, law = (text_of(document, key, where) for key in ("project", "stack", "jurisdiction"))
    resources = document.get("resources")
    if not isinstance(resources, list):
        raise PlanFileError(f"{where}: 'resources' must be a list")
    plan = Plan(
        project=project,
        stack=stack,
        jurisdiction=law,
        resources=tuple(resource_of(item, index, where) for index, item in enumerate(resources)),
        outputs=_mapping(document, "outputs", where),
    )
    for what, asked, named in (
        ("jurisdiction", jurisdiction, plan.jurisdiction),
        ("environment", environment, plan.environment),
    ):
        if asked is not None and asked != named:
            raise PlanFileError(f"{where}: a plan of {what} '{named}' is not judged as '{asked}'; leave --{what} out")
    return _checked(_named(plan, where), where)


def _whole(document: object) -> bool:
    """Whether every text in it can be written as UTF-8; asked only where the file escapes a surrogate."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _again(where: str) -> str:
    return f"hint: bailiwick preview STACK --save {where}, or of a deployed stack: pulumi stack export --file {where}"


def _cut_off(error: Exception, text: str) -> str:
    at_end = isinstance(error, json.JSONDecodeError) and text.strip() and error.pos >= len(text.rstrip())
    return "; the file ends in the middle: it was cut off" if at_end or "Unterminated" in str(error) else ""


def _named(plan: Plan, where: str) -> Plan:
    if not any(not resource.is_component for resource in plan.resources):
        raise PlanFileError(f"{where}: the plan holds no resource; nothing can be said of nothing")
    if jurisdiction_of(plan.stack) != plan.jurisdiction:
        raise PlanFileError(
            f"{where}: stack '{plan.stack}' says jurisdiction '{jurisdiction_of(plan.stack)}', the file says "
            f"'{plan.jurisdiction}'; a stack is named <jurisdiction>-<environment>"
        )
    if environment_of(plan.stack) not in ("prod", "dev"):
        raise PlanFileError(f"{where}: stack '{plan.stack}' names no environment; allowed: prod, dev")
    return plan


def _checked(plan: Plan, where: str) -> Plan:
    seen: set[str] = set()
    for resource in plan.resources:
        if resource.urn in seen:
            raise PlanFileError(f"{where}: URN {resource.urn} stands twice")
        seen.add(resource.urn)
    return plan


def notes_on(plan: Plan) -> tuple[str, ...]:
    """What a reader is told beside the verdict; only an export (`ExportedPlan`) has any."""
    notes: tuple[str, ...] = getattr(plan, "notes", ())
    return notes


def under_way_in(plan: Plan) -> tuple[str, ...]:
    """Operations that had begun and not ended when the state was exported (`ExportedPlan`)."""
    begun: tuple[str, ...] = getattr(plan, "under_way", ())
    return begun


def text_of(document: Mapping[str, object], key: str, where: str) -> str:
    """A text that must be there; raises PlanFileError."""
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise PlanFileError(f"{where}: '{key}' must be a non-empty text, not {value!r}")
    return value


def _mapping(document: Mapping[str, object], key: str, where: str) -> Mapping[str, Value]:
    value = document.get(key) or {}
    if not isinstance(value, dict):
        raise PlanFileError(f"{where}: '{key}' must be an object, not {type(value).__name__}")
    return {name: _unmark(inner) for name, inner in value.items()}


def _urns(document: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    value = document.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PlanFileError(f"{where}: '{key}' must be a list of URNs")
    return tuple(value)


def resource_of(item: object, index: int, where: str) -> PlannedResource:
    """One registration; raises PlanFileError."""
    here = f"{where}: resources[{index}]"
    if not isinstance(item, dict):
        raise PlanFileError(f"{here} must be an object, not {type(item).__name__}")
    token = text_of(item, "type", here)
    if token.count(":") < 2:
        raise PlanFileError(f"{here}: type {token!r} is no Pulumi token (package:module:Type)")
    by_property = _mapping(item, "propertyDependencies", here)
    return PlannedResource(
        urn=text_of(item, "urn", here),
        type=token,
        name=text_of(item, "name", here),
        parent=item.get("parent") or None,
        provider=item.get("provider") or None,
        inputs=_mapping(item, "inputs", here),
        outputs=_mapping(item, "outputs", here),
        dependencies=_urns(item, "dependencies", here),
        property_dependencies={key: tuple(value) for key, value in by_property.items() if isinstance(value, list)},
        protect=item.get("protect") is True,
    )


def unmark(value: object) -> Value:
    """Pulumi's wire value as a plain one: markers of unknowns become UNKNOWN, secrets are masked."""
    return _unmark(value)


def _unmark(value: object) -> Value:
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, dict):
        signature = value.get(_SIGNATURE)
        if signature == _SECRET:
            # The content of a secret is never judged, printed or saved: only that it is one.
            return MASKED
        if signature == _OUTPUT:
            return _unmark(value["value"]) if "value" in value else UNKNOWN
        return {key: _unmark(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_unmark(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _plain(value: Value) -> object:
    if value is UNKNOWN:
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _resource_json(resource: PlannedResource) -> dict[str, object]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "parent": resource.parent,
        "provider": resource.provider,
        "inputs": _plain(resource.inputs),
        "outputs": _plain(resource.outputs),
        "dependencies": list(resource.dependencies),
        "propertyDependencies": {key: list(urns) for key, urns in resource.property_dependencies.items()},
        "protect": resource.protect,
    }

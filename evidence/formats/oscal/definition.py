"""`component-definition.json`: what the platform is made of, and which rules show which requirement.

pages.nist.gov/OSCAL/reference/latest/component-definition. A requirement is met by the whole, not by one part: the
implementations of controls stand on the component that is the stack, the rules that look at a part stand on that part.
"""

from collections.abc import Iterator
from typing import Final

from evidence.formats.oscal.forms import (
    PERSON,
    Json,
    control_id,
    document,
    identity,
    line,
    metadata,
    prop,
    role_of,
    source_of,
    sources,
)
from evidence.formats.oscal.system import Part, System
from evidence.pack.subject import Subject
from policies.catalogue import Regulation, Requirement
from policies.packs import pack_of
from policies.rule import Rule

_NO_RULE: Final = "No rule can show this; a person attests it."


def component_definition(subject: Subject) -> bytes:
    """The plan's components, the rules that look at each, and by regulation what each requirement is shown by."""
    system = System(subject)
    rules = {rule.id: rule for rule in subject.report.rules}
    watching: dict[str, list[Rule]] = {part.uuid: [] for part in system.parts}
    for rule in rules.values():
        for part in system.looked_at(rule):
            watching[part.uuid].append(rule)
    stack, *others = system.parts
    components = [_component(part, watching[part.uuid]) for part in (stack, *others)]
    components[0]["control-implementations"] = [
        _implementation(subject, regulation, rules) for regulation in subject.regulations
    ]
    return document(
        "component-definition",
        {
            "metadata": metadata(subject, f"Components of {subject.name}"),
            "components": components,
            "back-matter": {"resources": list(sources(subject))},
        },
    )


def _component(part: Part, rules: list[Rule]) -> Json:
    owners = sorted({role_of(pack_of(rule)) for rule in rules})
    return {
        "uuid": part.uuid,
        "type": part.kind,
        "title": part.title,
        "description": part.described,
        "props": [
            prop("token", part.token),
            *(prop("resource-type", token, remarks=f"{count} planned") for token, count in part.types.items()),
            *(prop("rule", rule.id, **{"class": pack_of(rule).id}) for rule in rules),
        ],
        **({"links": [{"href": f"#{part.parent}", "rel": "part-of"}]} if part.parent is not None else {}),
        **({"responsible-roles": [{"role-id": owner} for owner in owners]} if owners else {}),
    }


def _implementation(subject: Subject, regulation: Regulation, rules: dict[str, Rule]) -> Json:
    return {
        "uuid": identity("implementation", subject.name, regulation.id),
        "source": f"#{source_of(subject, regulation)}",
        "description": line(f"{regulation.title}, {regulation.version}. {regulation.scope}"),
        "implemented-requirements": [
            _requirement(subject, regulation, item, rules) for item in regulation.requirements
        ],
    }


def _requirement(subject: Subject, regulation: Regulation, item: Requirement, rules: dict[str, Rule]) -> Json:
    return {
        "uuid": identity("requirement", subject.name, regulation.id, item.id),
        "control-id": control_id(regulation, item),
        "description": item.says if item.rules else f"{item.says} {_NO_RULE}",
        "props": [
            prop("label", item.id),
            prop("title", item.title),
            *([prop("level", item.level)] if item.level else []),
            *([prop("unverified", "true")] if item.unverified else []),
            *(prop("rule", name, **_pack(name, rules)) for name in item.rules),
        ],
        "responsible-roles": [{"role-id": role} for role in dict.fromkeys(_answering(item, rules))],
        **({"remarks": f"To attest: {item.manual}"} if item.manual else {}),
    }


def _pack(name: str, rules: dict[str, Rule]) -> dict[str, str]:
    return {"class": pack_of(rules[name]).id} if name in rules else {}


def _answering(item: Requirement, rules: dict[str, Rule]) -> Iterator[str]:
    for name in item.rules:
        if name in rules:
            yield role_of(pack_of(rules[name]))
    if item.manual or not any(name in rules for name in item.rules):
        yield PERSON

"""Distil Microsoft's initiatives into policies/initiatives, and keep the answers that stand there.

Run by hand, when the reference changes, with two folders, neither of which is in the repository:

    python -m tests.policies.distil_initiatives reference/azure-policy azure-policy/built-in-policies/policyDefinitions

The first has who groups what under which control; the second, a checkout of Azure/azure-policy of the same day, has
the conditions, and with them the types. What is new comes without an answer: test_initiatives.py fails until it has.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from os import environ
from pathlib import Path
from typing import Any

import yaml

from cli.planning import ROOT
from plan.arm_types import arm_types
from policies.compared import FOLDER, Compared, family
from tests.plans import SHARED, STACKS, compliant

SOURCES = {
    "eu-gdpr-2016-679.json": ("gdpr", re.compile(r"Art\._(\d+)$"), "Art. {}"),
    "eu-2555-nis2-2022.json": ("nis2", re.compile(r"_2022_(\d+)$"), "Art. {}"),
    "nis2.json": ("nis2", re.compile(r"_(\d+)$"), "Art. 21(2)({letter})"),
    "fedramp-h-audit.json": ("fedramp-high", re.compile(r"_R4_(.+)$"), "{}"),
    "pci-dss-v4-0-1.json": ("pci-dss", re.compile(r"v4\.0\.1_(.+)$"), "{}"),
    "iso-iec-27001-2022.json": ("iso27001", re.compile(r"_2022_(.+)$"), "clause {}"),
    "hipaa-hitrust-audit.json": ("hipaa", re.compile(r"-(\d\d\.[a-z]+)$"), "HITRUST {}"),
    "nist-ai-rmf-v1-0.json": ("nist-ai-rmf", re.compile(r"_v1\.0_(.+)$"), "section {}"),
}
"""Which regulation an initiative speaks of, and how its groups name a control. The rest are of sovereignty, and of no
regulation. Microsoft's second NIS2 numbers ten themes, which are the ten measures of Art. 21(2), a to j."""

PARTS = {
    "microsoft.network/virtualnetworks/subnets": "azure-native:network:VirtualNetwork",
    "microsoft.compute/disks": "azure-native:compute:VirtualMachine",
    "microsoft.keyvault.data/vaults/keys": "azure-native:keyvault:Key",
    "microsoft.resources/subscriptions/resourcegroups": "azure-native:resources:ResourceGroup",
    "microsoft.network/frontdoors": "azure-native:cdn:Profile",
}
"""Types that stand in a plan within another, or under another name; the last is the older Front Door."""
OF_SUBSCRIPTION = {
    "microsoft.security/pricings": "azure-native:security:Pricing",
    "microsoft.security/securitycontacts": "azure-native:security:Pricing",
    "microsoft.security/assessments": "azure-native:authorization:RoleAssignment",
    "microsoft.insights/activitylogalerts": "azure-native:monitor:DiagnosticSetting",
    "microsoft.insights/logprofiles": "azure-native:monitor:DiagnosticSetting",
    "microsoft.operationsmanagement/solutions": "azure-native:operationalinsights:Workspace",
}
"""What a definition looks for in a subscription, and the planned type that is nearest to it."""
IN_CLUSTER = {"Pod": "kubernetes:apps/v1:Deployment", "Service": "kubernetes:core/v1:Service"}
EVERYTHING = "azure-native:*"
PLAIN = re.compile(r"(?!\d+\.\d+$)[\w:./() -]+")
"""What YAML takes for text without quotes; 10.10 would be read as 10.1."""
CLUSTER = "azure-native:containerservice:ManagedCluster"


def planned() -> Mapping[str, str]:
    """Pulumi's token by ARM type, in lower case, of everything that some committed stack plans."""
    with tempfile.TemporaryDirectory() as folder:
        environ.setdefault(SHARED, folder)
        tokens = {resource.type for stack in STACKS for resource in compliant(stack).resources}
    return {arm_types()[token].type.lower(): token for token in sorted(tokens) if token in arm_types()}


def types_of(definition: Mapping[str, Any], planned_types: Mapping[str, str]) -> tuple[tuple[str, ...], bool]:
    """Planned types that a definition judges, and whether that is inferred rather than read."""
    rule = definition["policyRule"]
    details = rule["then"].get("details", {})
    details = details if isinstance(details, dict) else {}
    if definition["mode"] == "Microsoft.Kubernetes.Data":
        found = {IN_CLUSTER[kind] for kind in details.get("kinds", ()) if kind in IN_CLUSTER}
        return tuple(sorted(found or {CLUSTER})), True
    named = {name.lower() for name in _types(rule["if"])}
    if "microsoft.resources/subscriptions" in named:
        token = OF_SUBSCRIPTION.get(str(details.get("type", "")).lower())
        return ((token,), True) if token else ((), False)
    read = {planned_types[name] for name in named if name in planned_types}
    if read:
        return tuple(sorted(read)), False
    known = {name for name in named if "/" in name and not name.startswith("[")}
    if not known:
        return (EVERYTHING,), True
    return tuple(sorted({PARTS[name] for name in known if name in PARTS})), True


def _types(node: object) -> Iterator[str]:
    """Every type that a condition asks for; not those that it leaves out."""
    if isinstance(node, dict):
        if str(node.get("field", "")).lower() == "type":
            found = [node[key] for key in ("equals", "in", "like") if key in node]
            yield from (name for each in found for name in ([each] if isinstance(each, str) else each))
        for inner in node.values():
            yield from _types(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _types(inner)


def initiatives(reference: Path) -> Mapping[str, Compared]:
    """Every technical policy of every initiative, without types and answer, by id."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted((reference / "initiatives").glob("*.json")):
        for policy in json.loads(path.read_text(encoding="utf-8"))["policies"]:
            entry = found.setdefault(policy["id"], {"name": policy["displayName"], "controls": {}, "groups": set()})
            if path.name not in SOURCES:
                entry["groups"].add(path.stem)
                continue
            regulation, pattern, form = SOURCES[path.name]
            entry["controls"].setdefault(regulation, set()).update(_control(g, pattern, form) for g in policy["groups"])
    return {
        policy_id: Compared(
            id=policy_id,
            name=entry["name"],
            controls={name: tuple(sorted(ids, key=_natural)) for name, ids in sorted(entry["controls"].items()) if ids},
            initiatives=tuple(sorted(entry["groups"])),
        )
        for policy_id, entry in found.items()
    }


def _control(group: str, pattern: re.Pattern[str], form: str) -> str:
    match = pattern.search(group)
    assert match is not None, group
    letter = chr(ord("a") + int(match[1]) - 1) if "letter" in form else ""
    return form.format(match[1], letter=letter)


def _natural(control: str) -> list[tuple[int, str]]:
    return [(int(word) if word.isdigit() else 0, word) for word in re.findall(r"\d+|\D+", control)]


def definitions(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """Properties by id; a public definition goes before its namesake of Azure Government."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.rglob("*.json"), key=lambda path: "Government" in str(path)):
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        found.setdefault(document["name"], document["properties"])
    return found


def text_of(item: Compared, answer: Mapping[str, Any]) -> str:
    """One entry as the file has it: facts first, then the answer."""
    lines = [f"  - id: {item.id}", f"    name: {_quoted(item.name)}", f"    types: {_listed(item.types)}"]
    lines += ["    inferred: true"] if item.inferred else []
    lines += ["    controls:"] if item.controls else []
    lines += [f"      {name}: {_listed(ids)}" for name, ids in item.controls.items()]
    lines += [f"    initiatives: {_listed(item.initiatives)}"] if item.initiatives else []
    for key in ("rules", "by", "but", "reason"):
        if key in answer:
            value = _listed(answer[key]) if isinstance(answer[key], list) else _quoted(answer[key])
            lines.append(f"    {key}: {value}")
    if "elsewhere" in answer:
        lines += ["    elsewhere:", *(f"      {name}: {_quoted(why)}" for name, why in answer["elsewhere"].items())]
    return "\n".join(lines) + "\n"


def _listed(values: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(value if PLAIN.fullmatch(value) else _quoted(value) for value in values) + "]"


def _quoted(text: str) -> str:
    if re.fullmatch(r"[a-z][a-z-]+", text):
        return text  # the name of a shared reason
    return json.dumps(text, ensure_ascii=False)


def main(reference: Path, folder: Path) -> None:
    """Write every family's file anew, each answer where it was."""
    known, planned_types = definitions(folder), planned()
    seen = initiatives(reference)
    files: dict[str, list[Compared]] = {}
    manual = 0
    for policy_id, item in seen.items():
        if "Manual" in json.dumps(known[policy_id].get("parameters", {}).get("effect", {})):
            manual += 1
            continue
        types, inferred = types_of(known[policy_id], planned_types)
        if types:
            filled = Compared(**{**vars(item), "types": types, "inferred": inferred})
            files.setdefault(family(filled), []).append(filled)
    for name, items in sorted(files.items()):
        path = ROOT / FOLDER / f"{name}.yaml"
        old = path.read_text(encoding="utf-8") if path.is_file() else "policies: []\n"
        answers = {entry["id"]: entry for entry in yaml.safe_load(old)["policies"]}
        head = old.partition("policies:")[0]
        entries = "\n".join(
            text_of(item, answers.get(item.id, {})) for item in sorted(items, key=lambda item: (item.types, item.name))
        )
        path.write_text(f"{head}policies:\n{entries}", encoding="utf-8")
    of_planned = sum(map(len, files.values()))
    sys.stdout.write(f"{len(seen)} policies, {len(seen) - manual} technical, {of_planned} of types that we plan\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

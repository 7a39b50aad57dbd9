"""Draw `arm_shapes.json` from Microsoft's own types of the resource manager.

    git clone --depth 1 https://github.com/Azure/bicep-types-az ../bicep-types-az
    uv run python -m tests.plan.distil_arm_shapes ../bicep-types-az

Kept of each type in `plan/arm_types.yaml`: names of properties that can be written (`!`: required), and of each value
whether it is text (`s`, or `=a|b` where the list is closed), a whole number (`i`), a truth value (`b`), a list or an
object; `?key` holds the object's shape by the value of that key. Run again when a type or the SDK's API version
changes; `test_arm_shapes.py` says so.
"""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from plan.arm_types import arm_types

TARGET = Path(__file__).with_name("arm_shapes.json")
REQUIRED, READ_ONLY = 1, 2
"""Flags of a property: azure/bicep-types, ObjectTypePropertyFlags."""

NESTED = ("Microsoft.AppConfiguration/configurationStores/snapshots@2024-06-01",)
"""Types that only templates make; `Microsoft.Web/connections` is left out, whose published type lacks what we set."""

Type = dict[str, Any]


class Types:
    """One `types.json`: a list whose entries refer to each other by index."""

    def __init__(self, path: Path) -> None:
        self.entries: list[Type] = json.loads(path.read_text(encoding="utf-8"))

    def at(self, reference: Type) -> Type:
        """The entry that `{"$ref": "#/n"}` names."""
        return self.entries[int(reference["$ref"].rpartition("/")[2])]

    def body(self, name: str) -> Type | None:
        """The body of resource type `name@version`."""
        for entry in self.entries:
            if entry["$type"] == "ResourceType" and entry["name"].lower() == name.lower():
                return self.at(entry["body"])
        return None

    def shape(self, entry: Type, above: frozenset[int] = frozenset()) -> object:
        """What can be written; `*` for anything, and where a type holds itself."""
        kind = entry["$type"]
        if kind in ("StringType", "StringLiteralType", "UnionType"):
            return self._text(entry)
        if kind in ("IntegerType", "BooleanType"):
            return kind[0].lower()
        if kind == "ArrayType":
            return [self.shape(self.at(entry["itemType"]), above)]
        if kind not in ("ObjectType", "DiscriminatedObjectType") or id(entry) in above:
            return "*"
        inner = above | {id(entry)}
        if kind == "ObjectType":
            return self._object(entry.get("properties") or {}, entry, inner)
        base, key = entry["baseProperties"], entry["discriminator"]
        variants = {value: self.at(variant)["properties"] for value, variant in entry["elements"].items()}
        return {"?" + key: {value: self._object(base | own, entry, inner) for value, own in sorted(variants.items())}}

    def _object(self, properties: Type, entry: Type, inner: frozenset[int]) -> object:
        found = {
            name + ("!" if item["flags"] & REQUIRED else ""): self.shape(self.at(item["type"]), inner)
            for name, item in sorted(properties.items())
            if not item["flags"] & READ_ONLY
        }
        if more := entry.get("additionalProperties"):
            found["*"] = self.shape(self.at(more), inner)
        return found

    def _text(self, entry: Type) -> str:
        parts = [self.at(item) for item in entry["elements"]] if entry["$type"] == "UnionType" else [entry]
        if all(part["$type"] == "StringLiteralType" for part in parts):
            return "=" + "|".join(sorted(part["value"] for part in parts))
        return "s" if all(part["$type"].startswith("String") for part in parts) else "*"


def main(checkout: Path) -> None:
    """Write the file; exits with a message where a type is not in the checkout."""

    @cache
    def types(path: Path) -> Types:
        return Types(path)

    shapes: dict[str, object] = {}
    for name in (*(f"{entry.type}@{entry.api}" for entry in arm_types().values()), *NESTED):
        kind, _, api = name.partition("@")
        provider = kind.partition("/")[0].lower()
        for path in sorted(checkout.glob(f"generated/*/{provider}/{api.lower()}/types.json")):
            held = types(path)
            if (body := held.body(name)) is not None:
                shapes[name] = held.shape(body)
        if name not in shapes:
            sys.exit(f"{name} is not in {checkout}; is the checkout recent?")
    lines = (f"{json.dumps(name)}: {json.dumps(shapes[name], separators=(',', ':'))}" for name in sorted(shapes))
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Bodies with an identifier planted in every place that could carry one: made from the descriptions themselves.

A field that is added to an endpoint's description is planted from that day on; nobody has to think of it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from model_images.gateway.guard.slots import Form
from model_images.gateway.guard.spec import (
    Array,
    Choice,
    Dropped,
    Either,
    Fragment,
    Free,
    Label,
    Node,
    Number,
    Object,
    Reference,
    Tagged,
    Text,
)

NAME = "Zebediah Quartermaine"
NHS = "943 476 5919"
DIGITS = 9434765919
PLANT = f"{NAME}, NHS number {NHS}"
IN_A_NAME = "Zebediah_Quartermaine"
ESCAPED = '{"p": "\\u005aebediah Quarter\\u006daine, NHS number 943 \\u0034765919"}'
RAW = ("zebediah", "quartermaine", "943 476 5919", "9434765919", "4765919")
"""What must be nowhere outside, in whatever case."""
RECORD = {"name": [{"given": ["Zebediah"], "family": "Quartermaine"}], "resourceType": "Patient"}
Fate = Literal["replaced", "refused", "gone"]


@dataclass(frozen=True)
class Planted:
    """One body: where the identifier stands, and what must become of it."""

    at: str
    body: Any
    fate: Fate

    def __str__(self) -> str:
        """Where."""
        return self.at or "body"


def least(node: Node) -> Any:  # noqa: ANN401, C901 JSON of any shape; a case for each kind of description
    """The smallest value that is as described."""
    match node:
        case Text(form=Form.FIXED):
            return "find"
        case Text() | Fragment():
            return "a"
        case Reference():
            return "call_1"
        case Label():
            return "clinical-notes"
        case Choice():
            return node.allowed[0]
        case Number():
            return int(node.least) if node.whole else node.least
        case Array():
            return [least(node.item)] * max(node.least, 0)
        case Object():
            return {name: least(node.fields[name]) for name in node.required}
        case Tagged():
            kind, one = next(iter(node.of.items()))
            return {**least(one), node.tag: kind}
        case Either():
            return least(node.text)
        case Free():
            return {}
        case Dropped():
            return "a"
    raise AssertionError(node)


def planted(node: Node, at: str = "") -> Iterator[Planted]:  # noqa: C901 a case for each kind of description
    """Every place below one description."""
    match node:
        case Text(form=Form.FIXED):
            yield Planted(f"{at} as a name", IN_A_NAME, "refused")
        case Text():
            yield Planted(at, PLANT, "replaced")
            yield Planted(f"{at} as JSON", json.dumps({"patient": PLANT, "list": [PLANT]}), "replaced")
            yield Planted(f"{at} escaped", ESCAPED, "replaced")
            yield Planted(f"{at} as a number", json.dumps({"nhs_number": DIGITS}), "replaced")
        case Reference() | Dropped():
            yield Planted(at, PLANT, "gone")
        case Label() | Choice():
            yield Planted(at, PLANT, "refused")
        case Number():
            yield Planted(f"{at} as text", PLANT, "refused")
            yield Planted(at, DIGITS, "refused")
        case Array():
            for one in planted(node.item, f"{at}[]"):
                yield Planted(one.at, [one.body], one.fate)
        case Object():
            base = least(node)
            for name, field in node.fields.items():
                for one in planted(field, f"{at}.{name}"):
                    yield Planted(one.at, {**base, name: one.body}, one.fate)
            yield Planted(f"{at}.<unknown>", {**base, "unheard_of": PLANT}, "gone" if node.drop else "refused")
            yield Planted(f"{at}.<key>", {**base, PLANT: 1}, "gone" if node.drop else "refused")
        case Tagged():
            for kind, part in node.of.items():
                for one in planted(part, f"{at}<{kind}>"):
                    body = one.body if node.tag in one.body else {**one.body, node.tag: kind}
                    yield Planted(one.at, body, one.fate)
            yield Planted(f"{at}.<kind>", {node.tag: PLANT}, "refused")
        case Either():
            yield from planted(node.text, at)
            yield from planted(node.other, at)
        case Free():
            yield Planted(f"{at}.*", {"description": PLANT}, "replaced")
            yield Planted(f"{at}.**", {"properties": {"deep": {"enum": [PLANT]}}}, "replaced")
            yield Planted(f"{at}.* as a number", {"nhs_number": {"default": DIGITS}}, "replaced")
            yield Planted(f"{at}.<key>", {"properties": {IN_A_NAME: {"type": "string"}}}, "refused")
        case _:
            raise AssertionError(node)

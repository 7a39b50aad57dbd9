"""The pattern data, read: data/*.yaml into what the matcher compiles.

An entry has a `scheme`, a `kind`, and one or both of

- `expressions`: shapes that are found by themselves, and kept where `check` (validators/) holds; `score` says how sure.
- `labels` and `value`: words of several languages before a value. A space in a label is any of the usual separators.
  What is labelled is kept whether its check digit agrees or not: a mistyped number still points to somebody.

Named groups in an expression are the parts to strip, by kind, or `value`; without any, the whole is. `%word%` stands
for an entry of words.yaml. `keep: true` marks public codes: weaker matches inside them are dropped. Examples carry what
must be found between ⟦ and ⟧, and `counterexamples` where the scheme finds nothing; the tests run every one.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from model_images.gateway.guard.detectors.folding import folded
from model_images.gateway.guard.detectors.validators import VALIDATORS
from model_images.gateway.guard.identifiers import Kind

FOLDER = Path(__file__).with_name("data")
LABELLED, MISLABELLED = 1.0, 0.98
"""Scores of a labelled value whose check holds, and of one whose check does not, or that has none."""

_FIELDS = {
    "scheme", "kind", "source", "expressions", "labels", "value", "check", "score", "cased", "edges", "keep",
    "examples", "counterexamples",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression for the matcher."""

    scheme: str
    kind: Kind
    expression: str
    """What the matcher looks for: the whole shape, or the label alone."""
    value: str
    """Of a label: what may follow it, the group `value` in it; matched at its end. Empty otherwise."""
    check: str
    """Name of a validator, or empty."""
    score: float
    cased: bool
    edges: bool
    """Whether the value must stand free of letters and of further digits."""
    keep: bool


@dataclass(frozen=True, slots=True)
class Scheme:
    """One entry of the data, with its examples."""

    name: str
    file: str
    source: str
    patterns: Sequence[Pattern]
    examples: Sequence[str]
    counterexamples: Sequence[str]


@cache
def schemes() -> tuple[Scheme, ...]:
    """All of them, in the order of files and lines. Raises on an entry that is not understood."""
    return tuple(
        _scheme(entry, path.stem, words())
        for path in sorted(FOLDER.glob("*.yaml"))
        if path.stem != "words"
        for entry in _read(path)
    )


def _read(path: Path) -> Any:  # noqa: ANN401 - what YAML holds; its users look
    # Every scalar a string: `no`, `12` and `1.2` are labels and examples here. Knows no tags, so it makes no objects.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


@cache
def words() -> Mapping[str, str]:
    """The expressions of words.yaml, by name."""
    raw = _read(FOLDER / "words.yaml")
    return {
        name: _bare(value if isinstance(value, str) else "(?:" + "|".join(value) + ")") for name, value in raw.items()
    }


def _scheme(entry: Mapping[str, object], file: str, terms: Mapping[str, str]) -> Scheme:
    name = str(entry.get("scheme", ""))
    if unknown := set(entry) - _FIELDS:
        raise ValueError(f"data/{file}.yaml: {name} has unknown fields: {', '.join(sorted(unknown))}")
    check = str(entry.get("check", ""))
    if check and check not in VALIDATORS:
        raise ValueError(f"data/{file}.yaml: {name} asks for an unknown check: {check}")
    return Scheme(
        name=name,
        file=file,
        source=str(entry.get("source", "")),
        patterns=tuple(_patterns(entry, check, terms)),
        examples=_strings(entry, "examples"),
        counterexamples=_strings(entry, "counterexamples"),
    )


def _patterns(entry: Mapping[str, object], check: str, terms: Mapping[str, str]) -> Iterator[Pattern]:
    kept = entry.get("keep") == "true"
    plain = Pattern(
        scheme=str(entry["scheme"]),
        kind=Kind(str(entry.get("kind", Kind.OTHER))),
        expression="",
        value="",
        check=check,
        score=float(str(entry.get("score", 0.9))),
        cased=entry.get("cased") == "true",
        edges=entry.get("edges") != "none" and not kept,
        keep=kept,
    )
    for expression in _strings(entry, "expressions"):
        yield replace(plain, expression=_expanded(_bare(expression), terms))
    if labels := _strings(entry, "labels"):
        named = "|".join(re.escape(_bare(label)).replace(r"\ ", r"[\s_.-]?") for label in labels)
        value = rf"(?![a-z])%gap%(?P<value>{_bare(str(entry['value']))})"
        label = rf"(?:\b|_)(?:{named})"
        yield replace(plain, expression=label, value=_expanded(value, terms), score=MISLABELLED, cased=False)


def _expanded(expression: str, terms: Mapping[str, str]) -> str:
    for _ in range(3):  # words may be made of words
        expression = re.sub(r"%(\w+)%", lambda match: terms[match[1]], expression)
    return expression


def _bare(written: str) -> str:
    return folded(unicodedata.normalize("NFKC", written))


def _strings(entry: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = entry.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{entry.get('scheme')}: {key} is not a list of strings: {value}")
    return tuple(value)

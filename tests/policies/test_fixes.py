"""A fix is followed to the letter, by somebody who was just refused: what it names is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic.alias_generators import to_camel

from cli.main import VERBS
from config.section import Section
from config.stack import StackConfig
from policies.rule import Rule
from policies.rules import ALL

ROOT = Path(__file__).resolve().parents[2]
_PATH = re.compile(r"\b((?:components|config|docs|jurisdictions|lifecycle|models|plan|policies)/[\w./*<>-]*\w)")
_KEY = re.compile(r"\bbailiwick:([A-Za-z.]+)")
_VERB = re.compile(r"\bbailiwick ([a-z-]+)")
_NAMED = re.compile(r"\b([A-Z][A-Z_]{3,}) (?:in|of) (components/\w+\.py)|`(\w+)` of (components/\w+\.py)")


def keys(section: type[Section] = StackConfig, above: str = "") -> Iterator[str]:
    """Every key that a stack file may have, with dots."""
    for name, field in section.model_fields.items():
        key = above + to_camel(name)
        yield key
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Section):
                yield from keys(kind, f"{key}.")


def untrue(fix: str) -> Iterator[str]:
    """What a fix names and is not there."""
    for path in _PATH.findall(fix):
        if "<" not in path and not any(ROOT.glob(path)):
            yield path
    known = set(keys())
    yield from (key for key in _KEY.findall(fix) if key.strip(".") not in known)
    yield from (verb for verb in _VERB.findall(fix) if verb not in VERBS)
    for groups in _NAMED.findall(fix):
        name, path = (groups[0], groups[1]) if groups[0] else (groups[2], groups[3])
        if name not in (ROOT / path).read_text(encoding="utf-8"):
            yield f"{name} of {path}"


class TestWhatAFixNamesIsThere:
    """Eleven fixes once led to files that had been renamed, to keys that no stack file has, and to no verb at all."""

    @pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
    def test_files_keys_and_verbs(self, rule: Rule) -> None:
        assert not list(untrue(rule.fix))

    @pytest.mark.parametrize(
        "fix",
        [
            "leave it to components/dns.py",
            "set bailiwick:keys.administrators",
            "bailiwick release writes it",
            "add it to EVERYTHING in components/network.py",
        ],
    )
    def test_what_is_not_there_is_found(self, fix: str) -> None:
        assert list(untrue(fix))

    def test_many_name_something(self) -> None:
        assert sum(bool(_PATH.search(rule.fix)) for rule in ALL) > 100

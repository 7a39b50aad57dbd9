"""By which words text written backwards or in ROT13 is recognised."""

import codecs
from collections.abc import Mapping
from pathlib import Path

import yaml

_DATA = yaml.safe_load(Path(__file__).with_name("tells.yaml").read_text(encoding="utf-8"))


def turn(text: str, how: str) -> str:
    """Undo it; both are their own inverse."""
    return codecs.encode(text, "rot13") if how == "rot13" else text[::-1]


def _turned(words: list[str], how: str) -> frozenset[str]:
    real = {*_DATA["words"].split(), *_DATA["names"].split(), *_DATA["real"].split()}
    return frozenset(turn(word, how) for word in words) - real


MENTIONS: Mapping[str, frozenset[str]] = {how: frozenset(words) for how, words in _DATA["mentions"].items()}
"""Words with which a text says that part of it is turned, by how."""
WORDS: Mapping[str, frozenset[str]] = {how: _turned(_DATA["words"].split(), how) for how in MENTIONS}
"""Turned common words; two of them in a sentence are no accident."""
NAMES: Mapping[str, frozenset[str]] = {how: _turned(_DATA["names"].split(), how) for how in MENTIONS}
"""Turned names; one is enough."""

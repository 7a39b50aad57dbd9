"""The search for secrets in values of any shape: at any depth, in JSON within text, and behind base64."""

import json
import re
from collections.abc import Iterator, Mapping

from plan.model import Value
from plan.secret_search import Found, find, named, spans
from plan.secret_values import decoded

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_WRAPPED = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_LABELS = ("name", "key", "keyValueName")
"""What APIs call the name that stands beside a `value`; the last is App Configuration's."""
_SHORTEST = 8
_DEEPEST = 6
"""Texts within texts, after which nobody looks further."""

Hit = tuple[str, Found]
"""A dotted path, and what was found there."""
Way = tuple["Way | None", str]
"""How a value was come to: the way so far, and one step. Written out only where something is found."""


class Search:
    """One search through a plan. A plan repeats itself: every text is looked at once."""

    def __init__(self) -> None:
        self._seen: list[dict[str, list[Hit]]] = [{} for _ in range(_DEEPEST + 1)]

    def each(self, value: Value, path: str = "", depth: int = 0) -> list[Hit]:
        """Every secret in a value, by its path."""
        hits: list[Hit] = []
        self._collect(value, (None, path), depth, hits)
        return hits

    def _collect(self, value: Value, path: Way, depth: int, hits: list[Hit]) -> None:
        if isinstance(value, str):
            for inner, hit in self._text(value, depth):
                hits.append((_written(path) + inner, hit))
        elif isinstance(value, list | tuple):
            for index, element in enumerate(value):
                self._collect(element, (path, f".{index}"), depth, hits)
        elif isinstance(value, Mapping):
            self._mapping(value, path, depth, hits)

    def _mapping(self, value: Mapping[str, Value], path: Way, depth: int, hits: list[Hit]) -> None:
        for name, inner in value.items():
            # A key may be a secret itself: then its place is told without repeating it.
            in_key = self._text(name, depth)
            here = (path, ".(key)" if in_key else f".{name}")
            hits += [(_written(here), hit) for _, hit in in_key]
            self._collect(inner, here, depth, hits)
            if isinstance(inner, str):
                self._by_name(name, inner, here, depth, hits)
        content = value.get("value")
        if isinstance(content, str):
            for label in (value.get(key) for key in _LABELS):
                if isinstance(label, str):
                    self._by_name(label, content, (path, ".value"), depth, hits)

    def _by_name(self, name: str, value: str, path: Way, depth: int, hits: list[Hit]) -> None:
        found = named(name, value)
        if found is not None and not self._text(value, depth):
            hits.append((_written(path), found))

    def _text(self, text: str, depth: int) -> list[Hit]:
        if len(text) < _SHORTEST:
            return []
        known = self._seen[depth].get(text)
        if known is None:
            known = self._seen[depth][text] = self._look(text, depth)
        return known

    def _look(self, text: str, depth: int) -> list[Hit]:
        # What a structure within tells has the better path.
        return self._within(text, depth) or [("", hit) for hit in find(text)]

    def _within(self, text: str, depth: int) -> list[Hit]:
        if depth >= _DEEPEST:
            return []
        if text.lstrip()[:1] in ("{", "["):
            try:
                return self.each(json.loads(text), "", depth + 1)
            except (ValueError, RecursionError):
                return []
        unwrapped = decoded(text) if _BASE64.fullmatch(text) and not _HEX.fullmatch(text) else None
        hits = self._text(unwrapped, depth + 1) if unwrapped is not None else []
        return [(f"(base64){where}", hit) for where, hit in hits]


def _written(way: Way) -> str:
    steps = []
    at: Way | None = way
    while at is not None:
        at, step = at
        steps.append(step)
    return "".join(reversed(steps))


def find_in_file(text: str) -> Iterator[Found]:
    """Every secret in a file's text, behind base64 too; the place of a wrapped one is that of its wrapping."""
    known = spans(text)
    yield from known.hits
    for match in _WRAPPED.finditer(text):
        if _HEX.fullmatch(match[0]) or not known.are_clear_of(*match.span()):
            continue
        inner = decoded(match[0])
        for hit in find(inner) if inner is not None else ():
            yield Found(
                kind=hit.kind,
                what=f"{hit.what}, in base64",
                preview=hit.preview,
                start=match.start(),
                end=match.end(),
                digest=hit.digest,
            )

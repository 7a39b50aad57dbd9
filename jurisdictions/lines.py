"""A YAML mapping with the line on which each of its keys stands, and those that stand twice: for faults that say where.

Whoever reads a file by it words its faults; here nothing is said about what the values ought to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml


class NotRead(ValueError):
    """A text that is no YAML mapping: on which line, and why, at length and in short."""

    def __init__(self, line: int, what: str, brief: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.brief = line, what, brief or what


@dataclass(frozen=True, kw_only=True)
class Lined:
    """What was read."""

    values: Mapping[Any, Any]
    first: int
    """The line on which the mapping begins."""
    lines: Mapping[str, int]
    """By dotted path: `history.2.evaluation`."""
    twice: tuple[tuple[str, int], ...]
    """Paths that stand twice, each with the line of the later one."""


def lined(text: str) -> Lined:
    """Read a text. Raises NotRead."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    lines: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    try:
        root = _mapping(loader.get_single_node())
        _walk(root, "", lines, twice)
        values: dict[Any, Any] = loader.construct_document(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        brief = f"not YAML: {getattr(error, 'problem', error)}"
        raise NotRead(mark.line + 1 if mark else 1, f"not YAML: {error}", brief) from None
    except NotRead:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        # The 31st of a month that has none; a list as a key; a node within itself.
        raise NotRead(1, f"a value can't be read: {error}") from None
    finally:
        loader.dispose()
    return Lined(values=values, first=root.start_mark.line + 1, lines=lines, twice=tuple(twice))


def _mapping(node: yaml.Node | None) -> yaml.MappingNode:
    if not isinstance(node, yaml.MappingNode):
        raise NotRead(1, "must be a mapping")
    return node


def _walk(node: yaml.Node, path: str, lines: dict[str, int], twice: list[tuple[str, int]]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{path}.{key.value}" if path else str(key.value)
            line = key.start_mark.line + 1
            if inner in lines:
                twice.append((inner, line))
            lines[inner] = line
            _walk(value, inner, lines, twice)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            lines[f"{path}.{index}"] = value.start_mark.line + 1
            _walk(value, f"{path}.{index}", lines, twice)

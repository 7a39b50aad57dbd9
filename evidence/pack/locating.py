"""Where a finding is mended: a line of a component, or a key of the stack's file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from evidence.pack.subject import Subject
from policies.review import Finding

_KEY = re.compile(r"\bbailiwick:([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)*)")


@dataclass(frozen=True)
class Place:
    """A line of a file of the project."""

    file: str
    """Relative to the project's folder."""
    line: int
    """From 1."""


def places(subject: Subject, finding: Finding) -> tuple[Place, ...]:
    """The stack file's key that the fix names, and the line that makes the resource; never none.

    What the whole stack is refused for, and a plan that came from a file, stand at the head of the stack's file.
    """
    found: list[Place] = []
    for key in _KEY.findall(finding.rule.fix):
        line = _nearest(subject.lines, f"bailiwick:{key}")
        if line is not None:
            found.append(Place(subject.stack_file, line))
    resource = subject.resource(finding)
    if resource is not None and resource.source is not None:
        file, _, line_text = resource.source.rpartition(":")
        found.append(Place(file, int(line_text)))
    return tuple(dict.fromkeys(found)) or (Place(subject.stack_file, 1),)


def key_lines(file: Path) -> Mapping[str, int]:
    """Dotted keys under `config:` of a stack's file to their lines; empty where it can't be read."""
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    found: dict[str, int] = {}
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "config":
                _note(value, "", found)
    return found


def _note(node: yaml.Node, trail: str, found: dict[str, int]) -> None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = f"{trail}.{key.value}" if trail else str(key.value)
            found.setdefault(path, key.start_mark.line + 1)
            _note(value, path, found)


def _nearest(lines: Mapping[str, int], key: str) -> int | None:
    """Of the key, or of the section that would hold it."""
    while key:
        if key in lines:
            return lines[key]
        key = key.rpartition(".")[0]
    return None

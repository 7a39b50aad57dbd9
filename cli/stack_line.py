"""One number of a stack file, changed in its text: comments, order and every other byte stay as they are."""

import os
import tempfile
from pathlib import Path

import yaml


class CannotChange(ValueError):
    """The number isn't there, or isn't written as a plain number of its own; the message says which."""


def with_number(text: str, section: str, key: str, value: int) -> str:
    """The text with `config.<section>.<key>` set to `value`. Raises CannotChange."""
    # The pure loader: its marks count characters of the text.
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    node = _at(_at(_at(document, "config"), section), key)
    if not isinstance(node, yaml.ScalarNode) or node.start_mark.line != node.end_mark.line:
        raise CannotChange(f"{section}.{key} is not written as a number of its own")
    changed = f"{text[: node.start_mark.index]}{value}{text[node.end_mark.index :]}"
    _verify(text, changed, section, key, value)
    return changed


def replace_unchanged(path: Path, before: bytes, after: bytes) -> None:
    """Write `after` at once, whole or not at all. Raises CannotChange where the file is no longer `before`."""
    path = path.resolve()
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        beside.write(after)
    try:
        Path(beside.name).chmod(path.stat().st_mode)
        if path.read_bytes() != before:
            raise CannotChange("somebody changed the file while its plan was made")
        os.replace(beside.name, path)  # noqa: PTH105 in one step
    finally:
        Path(beside.name).unlink(missing_ok=True)
    if path.read_bytes() != after:
        raise CannotChange("the file does not hold what was written to it")


def _at(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    # The last one: of a key that stands twice, YAML's readers take the last.
    return next((value for name, value in reversed(node.value) if name.value == key), None)


def _verify(text: str, changed: str, section: str, key: str, value: int) -> None:
    """An anchor, an alias or a tag may make one place count for two: what is read must differ in the number alone."""
    try:
        before, after = yaml.safe_load(text), yaml.safe_load(changed)
        before["config"][section][key] = value
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise CannotChange(f"{section}.{key} is bound to another place of the file") from error
    if before != after:
        raise CannotChange(f"{section}.{key} is bound to another place of the file")

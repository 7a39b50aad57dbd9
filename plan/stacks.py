"""Stack files: which there are, and what is in them."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import yaml


class StackFileError(ValueError):
    """A stack file that isn't there or can't be read; the message says which there are."""


def available(root: Path) -> tuple[str, ...]:
    """Names of all stacks that have a file in the project's folder."""
    return tuple(sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml")))


def values(root: Path, stack: str) -> dict[str, object]:
    """The `config:` of a stack file.

    Raises StackFileError.
    """
    path = root / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = available(root)
        near = get_close_matches(stack, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise StackFileError(
            f"no stack '{stack}': {path.name} is not in {root.name}/\nhint: {meant}stacks here: {', '.join(known)}"
        )
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("config"), dict):
        raise StackFileError(f"{path.name} has no 'config:' section\nhint: compare with another Pulumi.<stack>.yaml")
    return {str(key): value for key, value in document["config"].items()}


def as_pulumi_hands_them(config: Mapping[str, object]) -> dict[str, str]:
    """Values as a program gets them from Pulumi: text, with objects and lists as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}

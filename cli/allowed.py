"""`.secrets-allowed.yaml`: values in test fixtures that look like secrets, and open nothing."""

from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from plan.secret_shapes import SHAPES

NAME = ".secrets-allowed.yaml"
_KEYS = ("path", "kind", "sha256", "reason")


@dataclass(frozen=True)
class Allowed:
    """One value in one file."""

    path: str
    kind: str
    sha256: str
    reason: str


def read(root: Path) -> tuple[Allowed, ...]:
    """What the tree allows; nothing where it has no such file.

    Raises click.UsageError with every fault of the file.
    """
    file = root / NAME
    if not file.exists():
        return ()
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{NAME}: not YAML: {error}") from error
    entries = document.get("allowed") if isinstance(document, dict) and set(document) == {"allowed"} else None
    if not isinstance(entries, list):
        raise click.UsageError(f"{NAME}: it holds one key, 'allowed', with a list of {', '.join(_KEYS)}")
    faults = [f"{NAME}: allowed[{index}]: {fault}" for index, item in enumerate(entries) if (fault := _fault(item))]
    if faults:
        raise click.UsageError("\n".join(faults))
    return tuple(Allowed(**item) for item in entries)


def _fault(item: object) -> str:
    if not isinstance(item, dict) or set(item) != set(_KEYS):
        return f"an entry has exactly {', '.join(_KEYS)}"
    if not all(isinstance(value, str) and value.strip() for value in item.values()):
        return "every value is a non-empty text"
    if not item["path"].startswith("tests/") or ".." in item["path"]:
        return f"path is '{item['path']}'; only fixtures under tests/ are allowed, a secret elsewhere is revoked"
    if item["kind"] not in {shape.id for shape in SHAPES}:
        return f"kind '{item['kind']}' is unknown; kinds: {', '.join(shape.id for shape in SHAPES)}"
    if len(item["sha256"]) != 64 or not set(item["sha256"]) <= set("0123456789abcdef"):
        return "sha256 is 64 hex digits, lower case"
    return ""

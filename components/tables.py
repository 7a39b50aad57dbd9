"""The data files that lie beside the components, read once."""

from functools import lru_cache
from importlib import resources as package_files
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@lru_cache(maxsize=32)
def table(name: str) -> Any:  # noqa: ANN401 YAML of any shape
    """The content of `components/<name>`. Shared: who wants to change it makes a copy."""
    text = (package_files.files("components") / name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader

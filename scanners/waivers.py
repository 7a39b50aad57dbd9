"""Words by which a scanner lets itself be waved past. What is accepted is accepted in one place, with an end."""

import re
from collections.abc import Iterator

from scanners.finding import Finding
from scanners.ground import Ground

# Each in two halves: this file is read too.
WAIVERS = {
    "checkov": r"checkov:" + "skip",
    "hadolint": r"hadolint\s+(global\s+)?" + "ignore",
    "shellcheck": r"shellcheck\s+" + "disable",
    "yamllint": r"yamllint\s+" + "disable",
    "zizmor": r"zizmor:\s*" + "ignore",
    "detect-secrets": r"pragma:\s*(allow|white)" + "list",
}
_ANY = {name: re.compile(rf"#.*\b{pattern}") for name, pattern in WAIVERS.items()}


def scan(ground: Ground) -> Iterator[Finding]:
    """Every tracked file that is text."""
    for path in ground.files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from read(text, path.relative_to(ground.root).as_posix())


def read(text: str, name: str) -> Iterator[Finding]:
    """Waivers in one file's text."""
    for line, words in enumerate(text.splitlines(), start=1):
        for scanner, pattern in _ANY.items():
            if "#" in words and pattern.search(words):
                what = f"waves {scanner} past; hint: accept the finding in scanners/accepted.yaml"
                yield Finding(scanner="waivers", check=scanner, resource=name, where=f"{name}:{line}", what=what)

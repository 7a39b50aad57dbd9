"""Every Python package that is locked: from the one index, by its hash, under a licence that is allowed.

Offline. Advisories are pip-audit's; licences are those that the installed packages state, so of this machine's three
environments, which lack what only the model server's image has.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from typing import Any

from scanners.finding import Finding, ScannerFailed
from scanners.ground import PROGRAMS, SECRETS, Ground

SCANNER = "dependencies"
INDEX = "https://pypi.org/simple"
PERMISSIVE = frozenset(
    {"0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "Zlib"}
)
"""May be used and given away in an image, with its notice."""
CLASSIFIED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""Trove classifiers (pypi.org/classifiers) to SPDX; one that is not here is told as it stands."""
STATED = {"Apache 2.0": "Apache-2.0", "3-Clause BSD License": "BSD-3-Clause", "Apache License 2.0": "Apache-2.0"}
"""Free words of `License` to SPDX."""
_PINNED = re.compile(r"^[A-Za-z0-9._\[\]-]+==[^\s;\\]+")


def scan(ground: Ground) -> Iterator[Finding]:
    """Locks, the images' requirements, and what is installed. Raises ScannerFailed where there is nothing to see."""
    locks = ground.named("uv.lock")
    for name in locks:
        yield from of_lock(tomllib.loads((ground.root / name).read_text(encoding="utf-8")), name)
    for name in ground.named("requirements.txt"):
        yield from of_requirements((ground.root / name).read_text(encoding="utf-8"), name)
    beside = [
        str(found)
        for programs in (PROGRAMS, SECRETS)
        for found in (ground.root / programs.parent).glob("lib/python*/site-packages")
    ]
    if not locks or len(beside) != 2:
        raise ScannerFailed("dependencies: no uv.lock, or no environments of scanners; hint: make scan-tools")
    installed = {str(one.metadata["Name"]): one for one in (*distributions(path=beside), *distributions())}
    yield from of_licences(installed.values())


def of_lock(lock: Mapping[str, Any], name: str) -> Iterator[Finding]:
    """Packages that come from elsewhere than the index, or of which a file has no hash."""
    for package in lock["package"]:
        source, which = package["source"], f"{package['name']}=={package.get('version', 'here')}"
        if source in ({"editable": "."}, {"virtual": "."}):
            continue
        if source != {"registry": INDEX}:
            yield _finding("not-from-the-index", which, name, f"comes from {source}; allowed: {INDEX}")
        files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
        bare = [file for file in files if not str(file.get("hash", "")).startswith("sha256:")]
        if bare or not files:
            yield _finding("not-pinned", which, name, "a file of it has no SHA-256, so any would do")


def of_requirements(text: str, name: str) -> Iterator[Finding]:
    """Requirements of an image that name no exact version, or no hash."""
    for entry in text.replace("\\\n", " ").splitlines():
        words = entry.strip()
        if words and not words.startswith("#") and not (_PINNED.match(words) and "--hash=sha256:" in words):
            yield _finding("not-pinned", words.split(" ")[0], name, "names no exact version, or no SHA-256")


def of_licences(installed: Iterable[Distribution]) -> Iterator[Finding]:
    """Packages whose licence is not permissive, or not stated."""
    for one in sorted(installed, key=lambda each: str(each.metadata["Name"]).lower()):
        name, stated = str(one.metadata["Name"]), licence(one)
        if name != "bailiwick" and not is_permissive(stated):
            yield _finding("licence", name, "uv.lock", f"is under {stated or 'no licence that it states'}")


def licence(one: Distribution) -> str:
    """A package's licence as an SPDX expression, as far as it says."""
    metadata = one.metadata
    if "License-Expression" in metadata:
        return str(metadata["License-Expression"])
    classes = [str(each).split(" :: ")[-1] for each in metadata.get_all("Classifier") or () if "License ::" in each]
    named = [CLASSIFIED.get(each, each) for each in classes if each != "OSI Approved"]
    if named:
        # Several classifiers mean any of them, or all: nobody says which. All is the stricter reading.
        return " AND ".join(named)
    first = next(iter(str(metadata.get_all("License", [""])[0]).strip().splitlines()), "")
    return STATED.get(first, first)


def is_permissive(expression: str) -> bool:
    """Whether what an expression offers, or all that it demands, is permissive."""
    plain = expression.replace("(", " ").replace(")", " ")
    parts = [part.strip() for part in re.split(r"\s+(?:AND|OR)\s+", plain)]
    among = any if " OR " in plain and " AND " not in plain else all
    return among(part in PERMISSIVE for part in parts)


def _finding(check: str, resource: str, where: str, what: str) -> Finding:
    return Finding(scanner=SCANNER, check=check, resource=resource, where=where, what=what)

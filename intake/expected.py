"""The checksums that somebody vouches for before anything is fetched: a list in the form of `sha256sum`."""

import re
from collections.abc import Mapping
from pathlib import Path

from intake.refusal import Refused
from weights.form import MOST_FILES, safe

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def expected(file: Path) -> Mapping[str, str]:
    """SHA-256 by path. Raises Refused, with every faulty line, and OSError."""
    found: dict[str, str] = {}
    faults = []
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Refused([f"{file}: not UTF-8 text (byte {error.start}); sha256sum writes one"]) from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            faults.append(f"{file}:{number}: is not '<64 hex digits>  <path>', as sha256sum writes it")
            continue
        path = parts[2].removeprefix("./")
        if not safe(path):
            faults.append(f"{file}:{number}: {path!r} is no plain name below the folder")
        elif path in found:
            faults.append(f"{file}:{number}: {path} stands twice")
        found[path] = parts[1]
    if not found:
        faults.append(f"{file}: names no file")
    if len(found) > MOST_FILES:
        faults.append(f"{file}: names {len(found)} files; at most {MOST_FILES}")
    if faults:
        raise Refused(faults)
    return found

"""Databases of expressions, compiled once: seconds of work that a pod need not do again at each start.

`BAILIWICK_COMPILED` names a folder. What lies there under the key of these very expressions, this library's version and
this processor's features is read; whatever can't be read is compiled, and written there if that may be. The image
brings the folder filled and read-only: `python -m model_images.gateway.guard.compiled` while it is built.
"""

import hashlib
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

import hyperscan

FOLDER = "BAILIWICK_COMPILED"
LEAST = 4
"""Expressions that are worth a file."""


def database(expressions: Sequence[bytes], flags: Sequence[int]) -> hyperscan.Database:
    """In block mode; ids are places in `expressions`. Raises what hyperscan raises for what it can't compile."""
    folder = os.environ.get(FOLDER, "")
    path = Path(folder) / _key(expressions, flags) if folder and len(expressions) >= LEAST else None
    if path is not None:
        held = _read(path)
        if held is not None:
            return held
    made = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    made.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=list(flags))
    if path is not None:
        _write(path, hyperscan.dumpb(made))
    return made


def _key(expressions: Sequence[bytes], flags: Sequence[int]) -> str:
    made = hashlib.sha256(f"{version('hyperscan')} {platform.machine()} {_features()}\n".encode())
    for expression, flag in zip(expressions, flags, strict=True):
        made.update(f"{flag} {len(expression)} ".encode() + expression)
    return f"{made.hexdigest()}.hs"


def _features() -> str:
    """What hyperscan compiles for, beyond what every processor has."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    words = set(next((line for line in told.splitlines() if line.startswith("flags")), "").split())
    return " ".join(sorted(words & {"ssse3", "sse4_2", "popcnt", "avx2", "avx512bw", "avx512_vbmi"}))


def _read(path: Path) -> hyperscan.Database | None:
    try:
        raw = path.read_bytes()
        digest, body = raw[:32], raw[32:]
        if hashlib.sha256(body).digest() != digest:
            return None
        return hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)
    except (OSError, hyperscan.HyperscanError):
        return None


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all; a folder that may not be written is left as it is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(body).digest() + body)
        Path(file.name).chmod(0o644)  # whom the image runs as owns nothing in it
        Path(file.name).replace(path)
    except OSError:
        return


def main() -> None:
    """Compile all that comes with the guard."""
    from model_images.gateway.guard.detectors.patterns import Patterns
    from model_images.gateway.guard.normalise import text
    from model_images.gateway.guard.prompt_guard.injection import Injection
    from model_images.gateway.guard.spans import Context

    Patterns().find(text("12 March 1957"), Context())
    Injection.load()


if __name__ == "__main__":
    main()

"""What a refused file would have run: the names that a pickle imports, read off its opcodes and never executed.

A pickle is refused by its kind whatever it holds; this says to a person how much it matters.
"""

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path

SUSPECT = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npy", ".npz", ".joblib", ".zip")
MOST = 64 * 2**20
"""Bytes of a pickle that are looked at; tensors lie beside it in an archive."""
_STRINGS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")


def imports(file: Path) -> list[str]:
    """Names such as `os.system` that unpickling the file would import; empty where it holds no pickle."""
    found: set[str] = set()
    try:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                for item in archive.infolist():
                    if item.filename.endswith(".pkl"):
                        with archive.open(item) as opened:
                            found |= set(_names(opened.read(MOST)))
        else:
            with file.open("rb") as opened:
                found |= set(_names(opened.read(MOST)))
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return sorted(found)
    return sorted(found)


def _names(content: bytes) -> Iterator[str]:
    if not content.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"c", b"(")):
        return
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "GLOBAL" and isinstance(argument, str):
                yield argument.replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL" and len(strings) >= 2:
                yield f"{strings[-2]}.{strings[-1]}"
            elif opcode.name in _STRINGS and isinstance(argument, str):
                strings.append(argument)
    except ValueError:  # cut, or no pickle after all
        return

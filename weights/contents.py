"""What may lie in a folder of weights: tensors, and words about them. Nothing that is run when it is loaded.

An allow-list, by name. Pickle (`.bin`, `.pt`, `.ckpt`), Python, libraries, archives and GGUF are not on it: a pickle
runs what it holds, and `auto_map` in a JSON file names Python for the server to run. vLLM ran it even where it was told
not to trust it (CVE-2026-22807), so it is refused here, before any server sees it.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from weights.form import BESIDE, safe
from weights.safetensors import Header, Unsound, header

ALLOWED = re.compile(
    r"([^/]+/)*("
    r"[^/]+\.safetensors|[^/]+\.safetensors\.index\.json"
    r"|[^/]+\.json|[^/]+\.jinja|merges\.txt|vocab\.txt"
    r"|tokenizer\.model|spiece\.model|[^/]+\.tiktoken|tekken\.json"
    r"|LICENSE[^/]*|NOTICE[^/]*|USE_POLICY[^/]*|[^/]+\.md|[^/]+-terms[^/]*\.txt"
    r")",
    re.ASCII,
)
RUNS_CODE = ("auto_map", "trust_remote_code", "custom_pipelines", "custom_code", "_custom_code")
"""Keys by which a model's JSON names code (huggingface/transformers, dynamic_module_utils; pipelines)."""
MOST_JSON = 64_000_000
"""Bytes; the largest public tokenizer.json has some 35 million."""
MOST_DEPTH = 200


def files(folder: Path) -> Iterator[str]:
    """Every path below the folder but the manifest's own, sorted; links and what is no file too, to be refused."""
    found = []
    for place, folders, names in os.walk(folder, followlinks=False):
        found += [Path(place, name) for name in names]
        found += [Path(place, name) for name in folders if Path(place, name).is_symlink()]
    yield from sorted(path for item in found if (path := item.relative_to(folder).as_posix()) not in BESIDE)


def faults(folder: Path, paths: Sequence[str]) -> list[str]:
    """What is wrong with the files, each in words that name it; empty where all is well. Reads no tensor."""
    found: list[str] = []
    tensors: dict[str, Header] = {}
    for path in paths:
        file = folder / path
        if file.is_symlink() or not file.is_file():
            found.append(f"{path} is no plain file")
        elif not safe(path):
            found.append(f"{path!r} is no plain name")
        elif not ALLOWED.fullmatch(path):
            found.append(f"{path} may not lie among weights: safetensors, their JSON, tokenizers, licences, no more")
        else:
            try:
                if path.endswith(".safetensors"):
                    tensors[path] = header(file)
                elif path.endswith(".json"):
                    found += [f"{path}: {fault}" for fault in _json_faults(file)]
                elif _starts_as_code(file):
                    found.append(f"{path} begins as a pickle, an archive or a program does")
            except Unsound as error:
                found.append(f"{path} is no sound safetensors file: {error}")
            except OSError as error:
                found.append(f"{path} can't be read: {error.strerror}")
    if not tensors:
        found.append("there is no safetensors file")
    if "config.json" not in paths:
        found.append("there is no config.json")
    found += _double(tensors)
    return found + [fault for path in paths if path.endswith(".index.json") for fault in _unlisted(folder, path, paths)]


def _json_faults(file: Path) -> list[str]:
    if file.stat().st_size > MOST_JSON:
        return [f"has more than {MOST_JSON} bytes"]
    try:
        told = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return ["is not JSON"]
    return [
        f"says '{key}', which names code to run; take a model that needs none"
        for key in sorted(_keys(told) & set(RUNS_CODE))
    ]


def _keys(told: object) -> set[str]:
    """Every key at any depth, without recursion: a deep file must not end the process."""
    found: set[str] = set()
    waiting = [told]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            found |= item.keys()
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    return found


def _starts_as_code(file: Path) -> bool:
    with file.open("rb") as opened:
        start = opened.read(4)
    return start[:2] in {b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK", b"\x1f\x8b"} or start == b"\x7fELF"


def _double(tensors: dict[str, Header]) -> list[str]:
    """A tensor in two files is one of them at random: which one answers?"""
    seen: dict[str, str] = {}
    found = []
    for path, head in sorted(tensors.items()):
        for name in head.names:
            if name in seen:
                found.append(f"tensor '{name}' is in {seen[name]} and in {path}")
            seen[name] = path
    return found[:10]


def _unlisted(folder: Path, path: str, paths: Sequence[str]) -> list[str]:
    try:
        told = json.loads((folder / path).read_bytes())["weight_map"]
        named = {str(name) for name in told.values()}
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError):
        return [f"{path} has no weight_map"]
    return [f"{path} names {name!r}, which is not there" for name in sorted(named - set(paths))]

"""The header of a safetensors file, read without trust: eight bytes of length, JSON, then tensors end to end.

Format: github.com/huggingface/safetensors, "Format". Its own library bounds the header at 100 MB and refuses holes and
overlaps, as here; it is not used, because a manifest is checked before anything is imported that could load a model.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_HEADER = 100_000_000
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
    "U64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Bits of one element (huggingface/safetensors, safetensors/src/tensor.rs, Dtype)."""


class Unsound(ValueError):
    """A file that does not hold what its header says."""


@dataclass(frozen=True)
class Header:
    """What a file holds."""

    names: frozenset[str]
    parameters: int
    """Elements of all tensors."""
    tensor_bytes: int


def header(file: Path) -> Header:
    """Of the file. Raises Unsound, and OSError where it can't be read."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(8)
        if len(start) < 8:
            raise Unsound("shorter than its first number")
        (length,) = struct.unpack("<Q", start)
        if length > min(MOST_HEADER, size - 8):
            raise Unsound("its header is longer than the file, or than 100 MB")
        raw = opened.read(length)
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unsound("its header is not JSON") from None
    if not isinstance(told, dict):
        raise Unsound("its header is no object")
    told.pop("__metadata__", None)
    spans, parameters = [], 0
    for name, tensor in told.items():
        begin, end, count = _tensor(name, tensor)
        spans.append((begin, end))
        parameters += count
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise Unsound("its tensors overlap, or leave a hole")
        at = end
    if at != size - 8 - length:
        raise Unsound("its tensors end before the file does, or after")
    return Header(frozenset(told), parameters, at)


def _tensor(name: str, tensor: Any) -> tuple[int, int, int]:  # noqa: ANN401 JSON of any shape
    try:
        bits, shape, (begin, end) = BITS[tensor["dtype"]], tensor["shape"], tensor["data_offsets"]
    except (KeyError, TypeError, ValueError):
        raise Unsound(f"tensor {name[:80]!r} has no known dtype, shape and data_offsets") from None
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise Unsound(f"tensor {name[:80]!r} has a number that is none")
    count = 1
    for number in shape:
        count *= number
    if (end - begin) * 8 != count * bits:
        raise Unsound(f"tensor {name[:80]!r} has not the bytes that its shape needs")
    return begin, end, count

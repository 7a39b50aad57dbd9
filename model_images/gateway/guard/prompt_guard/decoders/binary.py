"""Texts as bytes as letters and numbers: base64, base32, hexadecimal, decimal and binary codes."""

import base64
import re
import zlib
from collections.abc import Iterator

from model_images.gateway.guard.prompt_guard.decoders.stretch import GUARD, Stretch, readable
from model_images.gateway.guard.refusal import Refused

BLOB = 256
"""Base64 characters that decode to no text, from which on they are a file; hashes, keys and UUIDs are shorter."""
INFLATED = 65_536
"""Bytes that a compressed stretch may unfold to."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}(?:\r?\n[A-Za-z0-9+/_-]{11,})*={0,2}")
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]+(?:[-/_][A-Z]?[a-z]+)*|[A-Z]+(?:[-/_][A-Z]+)*|[0-9-]+")


def base64_text(text: str) -> Iterator[Stretch]:
    """Base64 in both alphabets, wrapped or not, its data compressed or not. Raises Refused for a file in it."""
    for match in _BASE64.finditer(text):
        run = match[0].rstrip("=")
        if len(run) < 24 and _PLAIN_WORD.fullmatch(run):
            continue
        lines = run.split()
        for line in dict.fromkeys(["".join(lines), *lines]):
            decoded = _from_base64(line)
            if decoded is not None:
                yield Stretch(match.start(), match.end(), decoded)
        whole = "".join(lines)
        if len(whole) >= BLOB and _kinds(whole) >= 3 and _from_base64(whole) is None:
            raise Refused(GUARD, "encoded-blob", f"A text holds a file: over {BLOB} characters of base64.", status=400)


def _kinds(run: str) -> int:
    """How many kinds of characters: sequences of DNA or amino acids have one, base64 three or four."""
    return sum(bool(re.search(kind, run)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[+/]"))


def _from_base64(run: str) -> str | None:
    run = run.replace("-", "+").replace("_", "/")
    for skip in range(4):  # what stands before it may be of its alphabet
        piece = run[skip:]
        piece = piece[:-1] if len(piece) % 4 == 1 else piece
        data = base64.b64decode(piece + "=" * (-len(piece) % 4))
        if data[:2] == b"\x1f\x8b" or (data[:1] == b"\x78" and data[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda")):
            data = _inflated(data) or data
        decoded = readable(data)
        if decoded is not None:
            return decoded
    return None


def _inflated(data: bytes) -> bytes | None:
    unfold = zlib.decompressobj(wbits=47)  # gzip or zlib, as its head says
    try:
        out = unfold.decompress(data, INFLATED)
    except zlib.error:
        return None
    if unfold.unconsumed_tail:
        raise Refused(GUARD, "encoded-bomb", f"A compressed text unfolds to over {INFLATED} bytes.", status=400)
    return out


_BASE32 = re.compile(r"[A-Z2-7]{16,}={0,6}")


def base32_text(text: str) -> Iterator[Stretch]:
    """Base32."""
    for match in _BASE32.finditer(text):
        run = match[0].rstrip("=")
        run = run[: len(run) - {1: 1, 3: 1, 6: 1}.get(len(run) % 8, 0)]
        decoded = readable(base64.b32decode(run + "=" * (-len(run) % 8)))
        if decoded:
            yield Stretch(match.start(), match.end(), decoded)


_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9a-fA-F]{10,}|[0-9a-fA-F]{2}(?:[ :,-](?:0x)?[0-9a-fA-F]{2}){4,})(?![0-9A-Za-z])"
)
_HEX_MARK = re.compile(r"0x|[^0-9a-fA-F]")


def hexadecimal(text: str) -> Iterator[Stretch]:
    """Hexadecimal, in one run or by pairs."""
    for match in _HEX.finditer(text):
        digits = _HEX_MARK.sub("", match[0])
        decoded = readable(bytes.fromhex(digits[: len(digits) // 2 * 2]), chance=digits.isdecimal())
        if decoded:
            yield Stretch(match.start(), match.end(), decoded, sure=not digits.isdecimal() or len(digits) > 24)


_CODES = re.compile(r"(?<![\w.])\d{2,3}(?:[ ,;-]{1,2}\d{2,3}){5,}(?![\w.])")
_BITS = re.compile(r"(?<!\w)[01]{8}(?: ?[01]{8}){3,}(?!\w)")


def codes(text: str) -> Iterator[Stretch]:
    """Numbers of letters: decimal, which a row of glucose readings may be by chance, and binary."""
    for match in _CODES.finditer(text):
        numbers = [int(number) for number in re.findall(r"\d+", match[0])]
        if max(numbers) < 256:
            decoded = readable(bytes(numbers), chance=True)
            if decoded:
                yield Stretch(match.start(), match.end(), decoded, sure=len(numbers) >= 10 and 32 in numbers)
    for match in _BITS.finditer(text):
        bits = match[0].replace(" ", "")
        decoded = readable(bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)))
        if decoded:
            yield Stretch(match.start(), match.end(), decoded)

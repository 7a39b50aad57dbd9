"""Encodings of single characters: those of HTML, URLs, programming languages and e-mail."""

import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from model_images.gateway.guard.prompt_guard.decoders.stretch import Stretch, cluster, readable

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|quot|apos);)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")


def entities(text: str) -> Iterator[Stretch]:
    """HTML's, but for those that mark-up itself needs."""
    if "&" in text:
        for start, end in cluster(text, _ENTITY, 1):
            yield Stretch(start, end, html.unescape(text[start:end]))


_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")


def percent(text: str) -> Iterator[Stretch]:
    """URL encoding."""
    if "%" in text:
        for start, end in cluster(text, _PERCENT, 2):
            decoded = unquote_to_bytes(text[start:end]).decode("utf-8", "ignore")
            if decoded != text[start:end]:
                yield Stretch(start, end, decoded)


_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-3][0-7]{2}))"
)


def escapes(text: str) -> Iterator[Stretch]:
    """Backslash escapes of programming languages."""
    if "\\" not in text:
        return

    def letter(match: re.Match[str]) -> str:
        code = int(match[5], 8) if match[5] else int(next(filter(None, match.groups())), 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""

    for start, end in cluster(text, _ESCAPE, 2):
        yield Stretch(start, end, _ESCAPE.sub(letter, text[start:end]))


_QUOTED = re.compile(r"(?:=[0-9A-F]{2}){2,}|\w{1,40}=[0-9A-F]{2}\w{1,40}=[0-9A-F]{2}")


def quoted_printable(text: str) -> Iterator[Stretch]:
    """As in e-mail. `HR=72 pH=74` is a reading: one escape alone within a word is not taken for an encoding."""
    if "=" in text:
        for start, end in cluster(text, _QUOTED, 1):
            decoded = readable(binascii.a2b_qp(text[start:end].encode()))
            if decoded:
                yield Stretch(start, end, decoded)

"""Ways to write a text so that a pattern does not see it, each undone by one function in linear time.

A decoder yields stretches: where it began and ended, what it says, and whether the encoding itself is proof (`sure`) or
might be chance, as six numbers that happen to be letters' codes.
"""

import base64
import binascii
import html
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from model_images.gateway.guard.prompt_guard import tells
from model_images.gateway.guard.refusal import Refused

GUARD = "prompt-guard"
BLOB = 256
"""Base64 characters that decode to no text, from which on they are a file; hashes, keys and UUIDs are shorter."""
INFLATED = 65_536
"""Bytes that a compressed stretch may unfold to."""


class Stretch(NamedTuple):
    """One decoded stretch of a text."""

    start: int
    end: int
    text: str
    sure: bool = True


def readable(data: bytes, *, chance: bool = False) -> str | None:
    """The text that these bytes are, if they are one: UTF-8, UTF-16 or Latin-1, with next to nothing but words.

    Sixteen printable bytes are a text whatever they say, but where they were numbers (`chance`) that may well be such.
    """
    if not data:
        return None
    if not chance and len(data) >= 16 and data.isascii() and data.decode().isprintable():
        return data.decode()
    wide = len(data) >= 8 and data[1::2].count(0) > len(data) // 3
    for encoding in ("utf-16-le",) if wide else ("utf-8", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum(letter.isascii() and (letter.isalnum() or letter in " ,.:'-\n") for letter in text)
        letters = (
            plain if encoding == "latin-1" else plain + sum(not each.isascii() and each.isalpha() for each in text)
        )
        if letters >= 0.85 * len(text) and all(letter.isprintable() or letter in "\t\r\n" for letter in text):
            return text
    return None


_ABOUT = 40
"""Characters about an encoded stretch that are read with it."""


def _cluster(text: str, pattern: re.Pattern[str], least: int) -> Iterator[tuple[int, int]]:
    """Stretches of at least `least` matches close together, with some words about them: a name may be half encoded."""
    start = end = many = 0
    for match in pattern.finditer(text):
        if many and match.start() - end > 40:
            if many >= least:
                yield _to_spaces(text, start, end)
            many = 0
        if not many:
            start = match.start()
        end, many = match.end(), many + 1
    if many >= least:
        yield _to_spaces(text, start, end)


def _to_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    begin = max(0, start - _ABOUT, text.rfind("\n", 0, start) + 1)
    while begin and not text[begin - 1].isspace():
        begin -= 1
    line = text.find("\n", end)
    stop = min(len(text), end + _ABOUT, line if line >= 0 else len(text))
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    return begin, stop


_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|nbsp|quot|apos);)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")


def entities(text: str) -> Iterator[Stretch]:
    """HTML's, but for those that mark-up itself needs."""
    if "&" in text:
        for start, end in _cluster(text, _ENTITY, 1):
            yield Stretch(start, end, html.unescape(text[start:end]))


_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")


def percent(text: str) -> Iterator[Stretch]:
    """URL encoding."""
    if "%" in text:
        for start, end in _cluster(text, _PERCENT, 2):
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

    for start, end in _cluster(text, _ESCAPE, 2):
        yield Stretch(start, end, _ESCAPE.sub(letter, text[start:end]))


_QUOTED = re.compile(r"(?:=[0-9A-F]{2}){2,}|\w{1,40}=[0-9A-F]{2}\w{1,40}=[0-9A-F]{2}")


def quoted_printable(text: str) -> Iterator[Stretch]:
    """As in e-mail. `HR=72 pH=74` is a reading: one escape alone within a word is not taken for an encoding."""
    if "=" in text:
        for start, end in _cluster(text, _QUOTED, 1):
            decoded = readable(binascii.a2b_qp(text[start:end].encode()))
            if decoded:
                yield Stretch(start, end, decoded)


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


# ITU-R M.1677-1 (international Morse code).
_CODE = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.
"""
_MORSE = dict(zip(_CODE.split(), "abcdefghijklmnopqrstuvwxyz0123456789", strict=True))
_MORSE_RUN = re.compile(r"(?<![^\s/|])[.·•\-–−_]{1,5}(?:[ /|]{1,3}[.·•\-–−_]{1,5}){4,}(?![^\s/|])")


def morse(text: str) -> Iterator[Stretch]:
    """Morse code; a ruled line is none."""
    for match in _MORSE_RUN.finditer(text):
        plain = re.sub("[·•]", ".", re.sub("[–−_]", "-", match[0]))
        words = [[_MORSE.get(group, "") for group in word.split()] for word in re.split(r"[/|]|\s{2,}", plain)]
        if all(all(word) for word in words) and len(set(plain.split())) > 2:
            yield Stretch(match.start(), match.end(), " ".join("".join(word) for word in words if word).title())


_SPELLED = re.compile(r"(?<![^\W_])[^\W_](?:([ .\-_*|/·,])[^\W_])(?:\1[^\W_]|\1?[ ]{1,3}[^\W_](?=\1[^\W_]))*(?![^\W_])")
_LETTERS = 5


def spelled(text: str) -> Iterator[Stretch]:
    """Letter by letter: `J o h n`, `J-o-h-n`; two spaces or more part words."""
    at, pieces, said = 0, [], False
    for match in _SPELLED.finditer(text):
        separator = match[1]
        wide = re.sub(r" {2,}", "\0", match[0]) if separator == " " else re.sub(r" +", "\0", match[0])
        joined = wide.replace(separator, "").replace("\0", " ")
        if len(joined) < _LETTERS or max(map(len, joined.split())) < _LETTERS - 1:
            continue  # p.o. b.i.d.
        if separator == "," and joined.isdigit():
            continue  # levels of the spine, days of a cycle
        said = True
        pieces += [text[at : match.start()], joined]
        at = match.end()
        # Items of a questionnaire are scored from 0 to 5.
        yield Stretch(match.start(), match.end(), joined, sure=not joined.isdecimal() or max(joined) > "5")
    if said:
        yield Stretch(0, len(text), "".join(pieces) + text[at:], sure=False)


_LEET = [str.maketrans("013457@$!|", f"o{one}east as{one}{one}".replace(" ", "")) for one in "il"]


_NUMBER = re.compile(r"(?<![^\W_])\d+(?:[.,:/]\d+)*(?![^\W_])")


def leet(text: str) -> Iterator[Stretch]:
    """Digits and signs for letters, where signs.py has seen three words of it: H1N1 and CD4 are words too.

    A number alone is a number: a pCO2 of 41 names no AI.
    """
    blank = _NUMBER.sub(lambda found: " " * len(found[0]), text)
    for table in _LEET:
        yield Stretch(0, len(text), blank.translate(table), sure=False)


_SENTENCE = re.compile(r"[^.!?\n]{4,}")
_WORD = re.compile(r"[^\W\d_]+")
_SMALL = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}


def _words(text: str) -> set[str]:
    """Each once, in small letters."""
    return set(text.translate(_SMALL).split() if text.isascii() else _WORD.findall(text.lower()))


def turned(text: str) -> Iterator[Stretch]:
    """ROT13 and writing backwards, where common words or names appear when they are undone, or the text says so."""
    words = _words(text)
    for how, mentions in tells.MENTIONS.items():
        signs, names = tells.WORDS[how], tells.NAMES[how]
        said = bool(mentions & words) or (how == "rot13" and "rot13" in text.lower())
        if not said and not words & names and len(words & signs) < 2:
            continue
        for match in _SENTENCE.finditer(text):
            inside = _words(match[0])
            sure = bool(inside & names) or len(inside & signs) >= 2
            # "Reverse" is a word of theatres and wards; nobody there says ROT13.
            if sure or (said and (how == "rot13" or inside & signs)):
                plain = tells.turn(match[0], how)
                yield Stretch(match.start(), match.end(), plain, sure=sure)


_TAGS = re.compile("(?<!\U0001f3f4)[\U000e0020-\U000e007e]{2,}")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3,}")
_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060-\u2064\ufeff\u180e]")
HIDDEN = 64
"""Zero-width characters in one text, beside those that scripts and emoji need, from which on something is hidden."""


def hidden(text: str) -> Iterator[Stretch]:
    """Invisible characters: tags, variation selectors, bits of zero width. Raises Refused for many of them."""
    if text.isascii():
        return
    for match in _TAGS.finditer(text):
        yield Stretch(match.start(), match.end(), "".join(chr(ord(letter) - 0xE0000) for letter in match[0]))
    for match in _SELECTORS.finditer(text):
        numbers = [ord(each) - 0xFE00 if ord(each) < 0xFE10 else ord(each) - 0xE0100 + 16 for each in match[0]]
        decoded = readable(bytes(numbers))
        if decoded:
            yield Stretch(match.start(), match.end(), decoded)
    marks = _ZERO_WIDTH.findall(text)
    pair = [mark for mark, _ in Counter(marks).most_common(2)]
    if len(marks) >= 16 and len(pair) == 2:
        for one in pair:
            bits = "".join("1" if mark == one else "0" for mark in marks if mark in pair)
            for width in (8, 7):
                values = [int(bits[at : at + width], 2) for at in range(0, len(bits) - width + 1, width)]
                decoded = readable(bytes(values))
                if decoded:
                    yield Stretch(0, len(text), decoded)
    if sum(mark not in "\u200c\u200d" for mark in marks) >= HIDDEN:
        raise Refused(GUARD, "hidden-text", "A text holds many characters of no width.", status=400)


DECODERS: dict[str, Callable[[str], Iterator[Stretch]]] = {
    "hidden": hidden,
    "entities": entities,
    "percent": percent,
    "escapes": escapes,
    "quoted-printable": quoted_printable,
    "base64": base64_text,
    "base32": base32_text,
    "hex": hexadecimal,
    "codes": codes,
    "morse": morse,
    "spelled": spelled,
    "leet": leet,
    "turned": turned,
}

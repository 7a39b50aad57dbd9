"""Letters written otherwise: in Morse code, one by one, by digits, turned in the alphabet or the line."""

import re
from collections.abc import Iterator

from model_images.gateway.guard.prompt_guard import tells
from model_images.gateway.guard.prompt_guard.decoders.stretch import Stretch

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

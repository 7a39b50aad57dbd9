"""What nobody sees: tags, variation selectors, bits of zero width."""

import re
from collections import Counter
from collections.abc import Iterator

from model_images.gateway.guard.prompt_guard.decoders.stretch import GUARD, Stretch, readable
from model_images.gateway.guard.refusal import Refused

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

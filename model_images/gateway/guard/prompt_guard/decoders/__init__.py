"""Ways to write a text so that a pattern does not see it, each undone by one function in linear time.

A decoder yields stretches: where it began and ended, what it says, and whether the encoding itself is proof (`sure`) or
might be chance, as six numbers that happen to be letters' codes.
"""

from collections.abc import Callable, Iterator

from model_images.gateway.guard.prompt_guard.decoders import binary, invisible, letters, markup
from model_images.gateway.guard.prompt_guard.decoders.stretch import GUARD, Stretch

__all__ = ["DECODERS", "GUARD", "Stretch"]

DECODERS: dict[str, Callable[[str], Iterator[Stretch]]] = {
    "hidden": invisible.hidden,
    "entities": markup.entities,
    "percent": markup.percent,
    "escapes": markup.escapes,
    "quoted-printable": markup.quoted_printable,
    "base64": binary.base64_text,
    "base32": binary.base32_text,
    "hex": binary.hexadecimal,
    "codes": binary.codes,
    "morse": letters.morse,
    "spelled": letters.spelled,
    "leet": letters.leet,
    "turned": letters.turned,
}

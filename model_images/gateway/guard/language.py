"""Which language a text is in, roughly: by its commonest small words. For counting, and for nothing that is decided."""

from collections.abc import Mapping

_LINES = {
    "en": "the and of to is was with for on that are has not been she he no this after",
    "de": "der die und das ist mit von nicht den dem ein eine wurde auf bei sich keine seit im zur",
    "fr": "le la les et des est une du dans pour avec que sur pas au qui depuis chez aux ne",
    "es": "el los las y del una con por para que se no es su al como desde sin más en",
    "it": "il di che per con non una del della gli sono nel alla è dal al da ha si anche",
    "nl": "het een van en met niet voor dat zijn op te bij heeft aan werd ook naar geen deze maar",
    "pt": "o os da do uma com não para em que dos das no na por foi ao sem desde mais",
}
WORDS: Mapping[str, frozenset[str]] = {name: frozenset(line.split()) for name, line in _LINES.items()}
LEAST = 3
"""Small words, before anything is said."""


def language_of(text: str) -> str:
    """A key of `WORDS`, or `other` where too few of any language's words stand there."""
    words = text.lower().split()
    found = {name: sum(word in known for word in words) for name, known in WORDS.items()}
    best = max(found, key=lambda name: found[name])
    return best if found[best] >= LEAST else "other"

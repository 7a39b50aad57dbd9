"""Common words for the dictionary and the generator, by how often films and series say them."""

import gzip
import json
from collections.abc import Iterable, Mapping

from model_images.gateway.guard.detectors import dictionary as shipped
from model_images.gateway.training.facts import LATIN, Facts, latin
from model_images.gateway.training.gazetteer import LANGUAGES
from model_images.gateway.training.sources import Archives

LISTED, SHORT = 70_000, 9  # words by language; of the rest, mostly inflections, only those of so many letters
EDITION = "pyspellchecker-0.9.1"
LACKING: Mapping[str, tuple[str, ...]] = {
    "es": ("pyspellchecker-0.6.3",),
    "fr": ("pyspellchecker-0.6.3",),
    "nl": ("pyspellchecker-0.7.3",),
}
"""Editions that have what this one dropped: inflected Spanish (`años`, `dijo`), and how often Dutch words are said."""
LEAST, LEAST_OF_A_NAME = 150, 30_000  # times that a word of those was said; they hold the names of films' heroes, too
USUAL = 0b101111
"""Facts of a first name or surname, or a town."""
COMMONEST_OF_PLURALS = 30_000
INFINITIVES = ("are", "ere", "ire")
PLURALS = (("co", ("chi", "ci")), ("go", ("ghi", "gi")), ("ca", ("che",)), ("ga", ("ghe",)), ("io", ("i",)),
           ("o", ("i",)), ("e", ("i",)), ("a", ("e", "i")))  # fmt: skip
"""How Italian's are made; the list has few of them."""


def common(archives: Archives, facts: Facts) -> dict[str, list[str]]:
    """Common words into the facts; and by language, most frequent first, for the generator."""
    by_language: dict[str, list[str]] = {}
    for language in LANGUAGES:
        counts = _counts(archives, EDITION, language)
        ranked = _ranked(counts)
        _listed(facts, ranked, counts)
        by_language[language] = [word for word in ranked if (facts.words.get(word, 0) & 0b1111) in (0, 1, 4, 5)]
    for language, editions in LACKING.items():
        for edition in editions:
            counts = _counts(archives, edition, language)
            _listed(facts, [word for word in _ranked(counts) if _is_word(word, counts[word], facts)], counts)
    _plurals(facts, by_language["it"][:COMMONEST_OF_PLURALS])
    for word in latin(json.loads(archives.tar("philter_ucsf", "whitelist_plus_fps_091718_nonames.json"))):
        if len(word) <= 14:
            facts.level(word, shipped.COMMON_SHIFT, 1, 7)
            facts.mark(word, shipped.TECHNICAL)
    return by_language


def _counts(archives: Archives, edition: str, language: str) -> dict[str, int]:
    packed = archives.zip(edition).read(f"spellchecker/resources/{language}.json.gz")
    read: dict[str, int] = json.loads(gzip.decompress(packed))
    return read


def _ranked(counts: Mapping[str, int]) -> list[str]:
    return sorted(counts, key=lambda word: (-counts[word], word))


def _listed(facts: Facts, ranked: Iterable[str], counts: Mapping[str, int]) -> None:
    for rank, word in enumerate(ranked):
        if not LATIN.fullmatch(word) or (rank >= LISTED and len(word) > SHORT):
            continue
        level = 4 if rank < 1500 else 3 if rank < 8000 else 2 if counts[word] > 60 and rank < 40_000 else 1
        facts.level(word, shipped.COMMON_SHIFT, level, 7)


def _is_word(word: str, count: int, facts: Facts) -> bool:
    return count >= (LEAST_OF_A_NAME if facts.words.get(word, 0) & USUAL else LEAST)


def _plurals(facts: Facts, words: Iterable[str]) -> None:
    for word in words:
        if word.endswith(INFINITIVES) or len(word) < len("caso"):
            continue
        for ending, others in PLURALS:
            if word.endswith(ending):
                forms = (word.removesuffix(ending) + other for other in others)
                for form in (form for form in forms if not facts.words.get(form)):
                    facts.level(form, shipped.COMMON_SHIFT, 1, 7)
                break

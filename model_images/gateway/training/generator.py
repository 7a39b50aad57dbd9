"""Clinical text that nobody ever wrote about anybody, with every identifier and every trap marked.

Deterministic by seed. Training and evaluation share no template, no name, no place and no random stream.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.training import names, numbers
from model_images.gateway.training.noise import NOISE, edited

HERE = Path(__file__).parent
SOURCE = "generator"
SLOT = re.compile(r"\{([A-Za-z_0-9]+(?:\.[A-Za-z0-9]+)?)\}")
CHOICE = re.compile(r"<([^<>]*)>")
STYLES = ("note", "letter", "message", "list")
SUFFERING = (
    ("", 55), ("capitals", 8), ("lower", 8), ("dictated", 7), ("typed", 7), ("scanned", 5), ("unaccented", 2), ("small", 4),
    ("shouted", 4),
)  # fmt: skip
"""How often which noise; `small` and `shouted` befall names alone, as hurried people type them and forms print them."""
PARTICLES = {
    "de": ("von", "von der", "zu"), "fr": ("de", "de la", "Le"), "es": ("de", "de la", "del"), "it": ("De", "Di", "Della"),
    "nl": ("van", "van der", "de", "van den", "ter"), "en-US": ("de la", "Van", "St."), "en-GB": ("St.", "de"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A text; what identifies somebody in it; and what looks as if it did."""

    text: str
    spans: tuple[Span, ...]
    negatives: tuple[tuple[int, int], ...]
    locale: str
    style: str


@dataclass(slots=True)
class Person:
    """Somebody in a text, the same throughout."""

    first: str
    last: str
    middle: str
    two: str

    def written(self, form: str, rng: random.Random) -> list[str]:
        """Pieces that are names, in the form that a slot asks for; between them stands what is none."""
        first, last = self.first, self.last
        forms: dict[str, Callable[[], str]] = {
            "f": lambda: first,
            "l": lambda: last,
            "l2": lambda: self.two,
            "lf": lambda: rng.choice((f"{last}, {first}", f"{last}, {first} {self.middle[0]}.", f"{last},{first}")),
            "lF": lambda: rng.choice((f"{last.upper()} {first}", f"{last} {first}", f"{first} {last.upper()}")),
            "i": lambda: rng.choice((f"{first[0]}. {last}", f"{last} {first[0]}.", f"{first[0]}.{self.middle[0]}. {last}")),
            "x": lambda: f"{first[0]}.{last[0]}.",
        }
        if form in forms:
            return [forms[form]()]
        full = rng.choices(
            (f"{first} {last}", f"{first} {self.middle} {last}", f"{first} {self.middle[0]}. {last}", last, f"{last} {first}"),
            (70, 8, 10, 5, 3),
        )
        return full


@dataclass(slots=True)
class Scene:
    """What one text is filled from."""

    rng: random.Random
    locale: str
    split: str
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """Of the templates and words."""
        return self.locale[:2]


@cache
def templates(language: str, split: str) -> Sequence[str]:
    """One side of a language's templates."""
    text = (HERE / "templates" / f"{language}.txt").read_text("utf-8")
    training, evaluation = text.split("== evaluation ==\n")
    chosen = evaluation if split == "evaluation" else training
    return [line.replace("\\n", "\n").replace("\\t", "\t") for line in chosen.splitlines() if line and line[0] != "#"]


@cache
def vocabulary(language: str) -> dict[str, list[str]]:
    """Words of a language that identify nobody, by topic."""
    text = (HERE / "vocabulary" / f"{language}.txt").read_text("utf-8")
    rows = (line.split(": ", 1) for line in text.splitlines())
    return {topic: [part.strip() for part in parts.split(" | ")] for topic, parts in rows}


def person(scene: Scene) -> Person:
    """Anybody: mostly of the locale, often from elsewhere, sometimes with a name that no list has."""
    rng, split = scene.rng, scene.split
    home = scene.locale if rng.random() < 0.6 else rng.choice((*names.LOCALES, "world", "world", "en-US"))

    def last() -> str:
        if rng.random() < 0.12:
            return names.cased(names.invented(rng, split))
        if rng.random() < 0.03:
            # "Frau Fuß", "Mr Ward": what stands around it says more than the word.
            return names.cased(rng.choice(names.of("word", scene.language, split)))
        pool = names.of("last", home, split) or names.of("last", "en-US", split)
        # Squared: the frequent ones, which stand first, are met more often.
        return names.cased(pool[int(rng.random() ** 2 * len(pool))])

    firsts = names.of("first", home, split)
    first, middle = (names.cased(firsts[int(rng.random() ** 1.5 * len(firsts))]) for _ in "12")
    surname, other = last(), last()
    if rng.random() < 0.07:
        surname += "-" + other
    elif rng.random() < 0.06:
        surname = rng.choice(PARTICLES[scene.locale]) + " " + surname
    if rng.random() < 0.04:
        first += "-" + middle
    return Person(first, surname, middle, surname + " " + other)


def place(scene: Scene) -> str:
    """A town or village of the locale, of another one now and then."""
    locale = scene.locale if scene.rng.random() < 0.85 else scene.rng.choice(names.LOCALES)
    pool = names.of("place", locale, scene.split)
    return pool[int(scene.rng.random() ** 1.5 * len(pool))]


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
        ways = (f"{month:02d}/{day:02d}/{year}", f"{month}/{day}/{short}", f"{name} {day}, {year}", f"{name[:3]} {day} {year}")
    elif locale == "en-GB":
        ways = (f"{day:02d}/{month:02d}/{year}", f"{day} {name} {year}", f"{day}-{name[:3]}-{year}", f"{day}.{month}.{short}")
    else:
        ways = (f"{day:02d}.{month:02d}.{year}", f"{day:02d}/{month:02d}/{year}", f"{day}. {name} {year}", f"{day}.{month}.{short}")
    return rng.choice((*ways, f"{year}-{month:02d}-{day:02d}"))


def phone(rng: random.Random, locale: str) -> str:
    """A telephone number as the locale writes it."""
    d = numbers.digits
    ways = {
        "en-US": (f"({d(rng, 3)}) 555-{d(rng, 4)}", f"{d(rng, 3)}-555-{d(rng, 4)}", f"+1 {d(rng, 3)} 555 {d(rng, 4)}"),
        "en-GB": (f"020 7946 0{d(rng, 3)}", f"07700 900{d(rng, 3)}", f"+44 7700 900{d(rng, 3)}", f"01632 960{d(rng, 3)}"),
        "fr": (f"01 {d(rng, 2)} {d(rng, 2)} {d(rng, 2)} {d(rng, 2)}", f"06.{d(rng, 2)}.{d(rng, 2)}.{d(rng, 2)}.{d(rng, 2)}"),
        "es": (f"91 {d(rng, 3)} {d(rng, 2)} {d(rng, 2)}", f"6{d(rng, 8)}"),
    }
    return rng.choice(ways.get(locale, (f"0{d(rng, 3)} {d(rng, 6)}", f"0{d(rng, 3)}/{d(rng, 5)}-{d(rng, 2)}", f"+49 {d(rng, 3)} {d(rng, 7)}")))


def postcode(rng: random.Random, locale: str) -> str:
    """A postcode of the locale's form."""
    if locale == "en-GB":
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        return f"{rng.choice('BLMNSEG')}{rng.choice(letters)}{rng.randint(1, 20)} {rng.randint(1, 9)}{''.join(rng.choices(letters, k=2))}"
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
    makers: dict[str, tuple[Callable[[], str], Kind, str]] = {
        "date": (lambda: date(rng, locale), Kind.DATE, ""),
        "dob": (lambda: date(rng, locale), Kind.DATE, ""),
        "iso": (lambda: f"{rng.randint(1930, 2026)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}", Kind.DATE, ""),
        "hl7": (lambda: f"{rng.randint(1930, 2026)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}", Kind.DATE, ""),
        "age90": (lambda: str(rng.randint(90, 106)), Kind.AGE, ""),
        "phone": (lambda: phone(rng, locale), Kind.PHONE, ""),
        "fax": (lambda: phone(rng, locale), Kind.FAX, ""),
        "email": (lambda: f"{address or 'post'}{rng.choice(('', d(rng, 2)))}@example.{rng.choice(('com', 'org', 'net'))}", Kind.EMAIL, ""),
        "postcode": (lambda: postcode(rng, locale), Kind.POSTCODE, ""),
        "ssn": (lambda: numbers.ssn(rng), Kind.SSN, ""),
        "mrn": (lambda: rng.choice((d(rng, 7), d(rng, 8), f"MRN{d(rng, 6)}", f"{d(rng, 3)}-{d(rng, 4)}")), Kind.RECORD, ""),
        "plan": (lambda: rng.choice(("XYZ", "HMO", "BC")) + d(rng, 9), Kind.PLAN, ""),
        "account": (lambda: numbers.iban(rng, country), Kind.ACCOUNT, "iban"),
        "licence": (lambda: rng.choice("ABDS") + d(rng, 7), Kind.LICENCE, ""),
        "vehicle": (lambda: numbers.vin(rng), Kind.VEHICLE, "vin"),
        "device": (lambda: rng.choice((f"SN{d(rng, 8)}", ":".join(f"{rng.randrange(256):02x}" for _ in range(6)))), Kind.DEVICE, ""),
        "url": (lambda: f"https://portal.example.org/p/{d(rng, 6)}", Kind.URL, ""),
        "ip": (lambda: f"203.0.113.{rng.randint(1, 254)}", Kind.IP, ""),
        "biometric": (lambda: f"FP-{d(rng, 10)}", Kind.BIOMETRIC, ""),
        "photo": (lambda: f"IMG_{d(rng, 6)}.jpg", Kind.PHOTO, ""),
        "other": (lambda: f"CASE-{d(rng, 7)}", Kind.OTHER, ""),
        "national": (lambda: national(rng), Kind.NATIONAL, scheme),
        "card": (lambda: numbers.card(rng), Kind.CARD, ""),
        "city": (lambda: place(scene), Kind.PLACE, ""),
        "place": (lambda: place(scene), Kind.PLACE, ""),
        "street": (lambda: composed(scene, "street"), Kind.PLACE, ""),
        "hospital": (lambda: composed(scene, "hospital"), Kind.PLACE, ""),
        "county": (lambda: composed(scene, "county"), Kind.PLACE, ""),
    }  # fmt: skip
    if slot not in makers:
        return None
    make, kind, scheme = makers[slot]
    return make(), kind, scheme


TRAPS = frozenset(("eponym", "gene", "drug", "dept", "month", "weekday", "lab", "dose", "vital", "icd"))
"""Slots whose filling is a hard negative: redacting it destroys what the note says."""

ROOTS = (
    "cardi", "nephr", "hepat", "gastr", "enter", "oste", "arthr", "my", "neur", "encephal", "pneum", "bronch", "derm", "angi",
    "phleb", "thromb", "haemat", "cyst", "col", "proct", "mast", "hyster", "spondyl", "chondr", "lip", "fibr", "aden", "laryng",
    "rhin", "ot", "ophthalm", "peri", "endo", "hyper", "hypo", "poly", "para", "epi", "intra", "retro", "micro", "tachy", "brady",
)
ENDINGS = {
    "en": ("itis", "osis", "oma", "ectomy", "otomy", "opathy", "algia", "aemia", "uria", "ography", "oscopy", "plasty", "ine", "ol"),
    "de": ("itis", "ose", "om", "ektomie", "otomie", "opathie", "algie", "ämie", "urie", "ographie", "oskopie", "plastik", "in", "on"),
    "fr": ("ite", "ose", "ome", "ectomie", "otomie", "opathie", "algie", "émie", "urie", "ographie", "oscopie", "plastie", "ine"),
    "es": ("itis", "osis", "oma", "ectomía", "otomía", "opatía", "algia", "emia", "uria", "ografía", "oscopia", "plastia", "ina"),
    "it": ("ite", "osi", "oma", "ectomia", "otomia", "opatia", "algia", "emia", "uria", "ografia", "oscopia", "plastica", "ina"),
    "nl": ("itis", "ose", "oom", "ectomie", "otomie", "opathie", "algie", "emie", "urie", "ografie", "oscopie", "plastiek", "ine"),
}
"""Medicine makes words from parts; so are these made, and few are in any dictionary, as few of the real ones are."""
DISJOINT = frozenset(("eponym", "drug", "gene"))
"""Of these, what evaluation holds was not trained on."""


def word(scene: Scene, slot: str) -> str:
    """A filling that identifies nobody."""
    rng, topics = scene.rng, vocabulary(scene.language)
    if slot in ("noun", "Noun", "NOUN"):
        chosen = rng.choice(names.of("word", scene.language, scene.split))
        return {"noun": chosen, "Noun": chosen.capitalize(), "NOUN": chosen.upper()}[slot]
    if slot in ("term", "Term"):
        term = rng.choice(ROOTS) + rng.choice(ROOTS) * (rng.random() < 0.4) + rng.choice(ENDINGS[scene.language])
        return term.capitalize() if slot == "Term" else term
    if slot == "ABBR":
        return "".join(rng.choices("ABCDEFGHIKLMNOPRSTVX", k=rng.randint(2, 5)))
    if slot == "Organ":
        return rng.choice(topics["organ"]).capitalize()
    if slot == "Compound":
        words = names.of("word", scene.language, scene.split)
        return (rng.choice(words) + rng.choice(words)).capitalize()
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
    choices = topics[slot]
    if slot in DISJOINT:
        choices = [choice for choice in choices if names.belongs(choice, scene.split)] or choices
    return rng.choice(choices)


def choose(rng: random.Random, template: str) -> str:
    """A template without its choices."""
    while True:
        chosen = CHOICE.sub(lambda m: rng.choice(m[1].split("|")), template)
        if chosen == template:
            return chosen
        template = chosen


def fill(scene: Scene, template: str) -> tuple[str, list[Span], list[tuple[int, int]]]:
    """A template's text with what is in it. `{address}` is a street, a postcode and a city."""
    chosen = choose(scene.rng, template).replace("{address}", "{street}, {postcode} {city}")
    text, spans, traps, at = "", [], [], 0
    for match in SLOT.finditer(chosen):
        text += chosen[at : match.start()]
        at = match.end()
        slot, _, form = match[1].partition(".")
        found = identifier(scene, slot)
        if slot in ("P", "R", "D"):
            who = scene.people.setdefault(slot, person(scene))
            found = who.written(form, scene.rng)[0], Kind.NAME, ""
        if found:
            value, kind, scheme = found
            spans.append(Span(len(text), len(text) + len(value), kind, SOURCE, scheme))
        else:
            value = word(scene, slot)
            if slot in TRAPS:
                traps.append((len(text), len(text) + len(value)))
        text += value
    return text + chosen[at:], spans, traps


def compose(scene: Scene, style: str) -> tuple[str, list[Span], list[tuple[int, int]]]:
    """A text of several templates, as close together as its style has them."""
    rng = scene.rng
    pool = templates(scene.language, scene.split)
    count = {"note": rng.randint(3, 12), "letter": rng.randint(3, 9), "message": rng.randint(1, 2), "list": rng.randint(2, 8)}[style]
    glue = {"note": (" ", "\n", "\n\n"), "letter": ("\n\n", " "), "message": (" ",), "list": ("\n", "\n- ", "; ")}[style]
    text, spans, traps = "", [], []
    for template in (rng.choice(pool) for _ in range(count)):
        if text:
            text += rng.choice(glue)
        piece, found, trapped = fill(scene, template)
        spans += [Span(s.start + len(text), s.end + len(text), s.kind, SOURCE, s.scheme) for s in found]
        traps += [(a + len(text), b + len(text)) for a, b in trapped]
        text += piece
        if rng.random() < 0.3:
            scene.people.clear()
    return text, spans, traps


def generate(seed: int, n: int, split: str = "training", locale: str | None = None) -> Iterator[Sample]:
    """`n` texts; of one locale, or of all in turn. `split` is "training" or "evaluation"."""
    if split not in ("training", "evaluation"):
        raise ValueError(split)
    for index in range(n):
        rng = random.Random(f"{split}/{seed}/{locale}/{index}")  # noqa: S311 text, not keys
        home = locale or rng.choices(names.LOCALES, (5, 2, 5, 3, 2, 2, 2))[0]
        style = rng.choices(STYLES, (5, 2, 2, 2))[0]
        text, spans, traps = compose(Scene(rng, home, split), style)
        noise = rng.choices([name for name, _ in SUFFERING], [weight for _, weight in SUFFERING])[0]
        if noise:
            marked = [Span(a, b, Kind.OTHER, "trap") for a, b in traps]
            edits = list(NOISE["lower" if noise == "small" else "capitals" if noise == "shouted" else noise](text, rng))
            if noise in ("small", "shouted"):
                named = {i for span in spans if span.kind == Kind.NAME for i in range(span.start, span.end)}
                edits = [edit for edit in edits if edit[0] in named]
            text, moved = edited(text, [*spans, *marked], edits)
            spans = [span for span in moved if span.source == SOURCE]
            traps = [(span.start, span.end) for span in moved if span.source == "trap"]
        yield Sample(text, tuple(spans), tuple(traps), home, f"{style}/{noise}" if noise else style)

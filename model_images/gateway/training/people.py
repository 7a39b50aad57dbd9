"""Who and where a text is about: people with names of many peoples, and towns; nobody, and only real towns."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from model_images.gateway.guard.detectors.lexicon import CLASS_OF
from model_images.gateway.training import names

EPONYMOUS = sorted(word for word, kind in CLASS_OF.items() if kind == "EPONYMOUS" and word.isalpha())
"""Surnames that medicine took: people still have them."""
PARTICLES = {
    "de": ("von", "von der", "zu"), "fr": ("de", "de la", "Le"), "es": ("de", "de la", "del"),
    "it": ("De", "Di", "Della"), "nl": ("van", "van der", "de", "van den", "ter"), "en-US": ("de la", "Van", "St."),
    "en-GB": ("St.", "de"),
}  # fmt: skip


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
            "i": lambda: rng.choice(
                (f"{first[0]}. {last}", f"{last} {first[0]}.", f"{first[0]}.{self.middle[0]}. {last}")
            ),
            "x": lambda: f"{first[0]}.{last[0]}.",
        }
        if form in forms:
            return [forms[form]()]
        return rng.choices(
            (
                f"{first} {last}",
                f"{first} {self.middle} {last}",
                f"{first} {self.middle[0]}. {last}",
                last,
                f"{last} {first}",
            ),
            (70, 8, 10, 5, 3),
        )


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
        if rng.random() < 0.02:
            chosen = rng.choice(EPONYMOUS)
            if names.belongs(chosen, split):
                return names.cased(chosen)
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

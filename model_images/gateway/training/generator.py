"""Clinical text that nobody ever wrote about anybody, with every identifier and every trap marked.

Deterministic by seed. Training and evaluation share no template, no name, no place and no random stream.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.training import names
from model_images.gateway.training.noise import NOISE, edited
from model_images.gateway.training.people import Scene, person
from model_images.gateway.training.slots import SLOT, TRAPS, identifier, word

HERE = Path(__file__).parent
SOURCE = "generator"
CHOICE = re.compile(r"<([^<>]*)>")
STYLES = ("note", "letter", "message", "list")
SUFFERING = {
    "training": (
        ("", 55), ("capitals", 8), ("lower", 10), ("dictated", 7), ("typed", 6), ("scanned", 4), ("unaccented", 2),
        ("small", 6), ("shouted", 2),
    ),
    "evaluation": (
        ("", 55), ("capitals", 8), ("lower", 8), ("dictated", 7), ("typed", 7), ("scanned", 5), ("unaccented", 2),
        ("small", 4), ("shouted", 4),
    ),
}  # fmt: skip
"""How often which noise; `small` and `shouted` befall names alone, as hurried people type them and forms print them."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A text; what identifies somebody in it; and what looks as if it did."""

    text: str
    spans: tuple[Span, ...]
    negatives: tuple[tuple[int, int], ...]
    locale: str
    style: str


@cache
def templates(language: str, split: str) -> Sequence[str]:
    """One side of a language's templates."""
    text = (HERE / "templates" / f"{language}.txt").read_text("utf-8")
    training, evaluation = text.split("== evaluation ==\n")
    chosen = evaluation if split == "evaluation" else training
    return [line.replace("\\n", "\n").replace("\\t", "\t") for line in chosen.splitlines() if line and line[0] != "#"]


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
    count = {
        "note": rng.randint(3, 12),
        "letter": rng.randint(3, 9),
        "message": rng.randint(1, 2),
        "list": rng.randint(2, 8),
    }[style]
    glue = {"note": (" ", "\n", "\n\n"), "letter": ("\n\n", " "), "message": (" ",), "list": ("\n", "\n- ", "; ")}[
        style
    ]
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
        noise = rng.choices([name for name, _ in SUFFERING[split]], [weight for _, weight in SUFFERING[split]])[0]
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

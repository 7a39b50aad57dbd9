"""Names and places, found by dictionaries, spelling and context: a linear-chain CRF with additive features.

Weights are trained by `training/train.py` on generated text alone and described in MODEL_CARD.md. Only words that could
be a name are scored; the rest is none. What was found once is then found wherever it stands in the same text.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from model_images.gateway.guard.detectors import dictionary, weights
from model_images.gateway.guard.detectors.address_blocks import mark_address_blocks
from model_images.gateway.guard.detectors.address_lines import mark_address_lines
from model_images.gateway.guard.detectors.adjoining import go_on, leave_openings, name_speakers
from model_images.gateway.guard.detectors.assembly import spans
from model_images.gateway.guard.detectors.marks import CANDIDATES, PHRASES, mark_of
from model_images.gateway.guard.detectors.recurrence import recur
from model_images.gateway.guard.detectors.small_letters import name_small
from model_images.gateway.guard.detectors.streets import mark_streets
from model_images.gateway.guard.detectors.weights import ZERO, Model, Vector
from model_images.gateway.guard.detectors.words import (
    EDGE,
    UNNAMED,
    Reading,
    Word,
    bare,
    bare_of,
    capitals_of,
    read_mark,
    read_word,
    split,
)
from model_images.gateway.guard.spans import Context, Findings, Text

REMEMBERED = 20_000  # spellings whose sums are kept, twice over: when the newer are so many, the older are dropped
MODES = "Uygx"
"""What a capital may mean: `words.capitals_of`."""
PAIRS = 50_000  # contexts of buckets whose sums are kept; a full memory is emptied
LONGEST = 64  # letters: no name is longer, and none of it is worth a sum
BIAS = {"A": 3.6, "G": 2.7, "U": 3.4, "x": -0.5, "y": 2.5}
USUAL_BIAS = 4.3
"""How much more a word must look like none to be left alone; less where every noun has a capital."""
PLACE_BIAS = 1.0
"""How much more a word is taken for a place than for a name; training text has fewer kinds of places than life."""
NOBODY = ("DRUG", "MARKER")
NAMED = 0b1111
"""Facts of first names and surnames."""
EASED = 3.7
"""How much of that is taken back for what is far oftener something else: `eased`."""
EASED_MORE = 2.0
"""And how much more for medicines and measures after which nobody is called."""


class Sums(NamedTuple):
    """A word's weights, summed, by where it stands from the one that is judged; and what rules know of it."""

    own: Vector
    before2: Vector
    before: Vector
    after: Vector
    after2: Vector
    bucket: str
    shape: str
    facts: int
    bare: str
    mark: int
    piece: str


_MARK, _PIECE = (itemgetter(Sums._fields.index(field)) for field in ("mark", "piece"))


def _beyond_line(spaced: Sequence[str], at: int) -> int:
    """Of the first token of the next line, its place."""
    while spaced[at][0] != "\n":
        at += 1
    return at + 1


def eased(word: Word) -> float:
    """By how much: countries and peoples, months, departments, medicines, eponyms, and what laboratories measure."""
    if not (word.facts & dictionary.NATION or word.bucket in UNNAMED or word.bucket in ("TIME", "DEPARTMENT")):
        return 0.0
    return EASED + EASED_MORE if word.bucket in NOBODY and not word.facts & NAMED else EASED


class Remembered(dict[str, Sums]):
    """Sums of spellings that were met of late, where capitals mean one thing; in memory alone, and bounded.

    Asked with the space behind a spelling, as texts have it: taking it off each word costs more than a second entry.

    Spellings by themselves, of all texts together and in no order of any: who asked with them, and what stood beside
    them, is not there to be told. They are never written or logged, and go as others come, or with the process.
    """

    def __init__(self, tagger: "Tagger", mode: str) -> None:
        super().__init__()
        self._tagger, self._mode = tagger, mode
        self._older: dict[str, Sums] = {}

    def __missing__(self, spaced: str) -> Sums:
        """Of a spelling that is not among the newer ones. Two threads may do it at once: each then only sums anew."""
        piece = bare((spaced,))[0]
        if spaced not in (piece, piece + " "):
            return self[piece]  # of wider gaps there is no end
        sums = self._older.get(spaced)
        if sums is None:
            sums = self.get(piece) or self._older.get(piece) or self._tagger.sums(piece, self._mode)
        if len(self) >= REMEMBERED:
            self._older = self.copy()
            self.clear()
        if len(piece) <= LONGEST:
            self[spaced] = sums
        return sums


class Tagger:
    """The detector. Names of people, and places smaller than a state; facilities named after either are places."""

    name = "tagger"

    def __init__(self, model: Model | None = None, known: dictionary.Dictionary | None = None) -> None:
        self._known = known or dictionary.load()
        self._model = model or weights.load()
        self._lent: dict[tuple[str, ...], tuple[Vector, Vector, Vector, Vector]] = {}
        self._pairs: dict[tuple[str, str, str, str, str], Vector] = {}
        self._remembered = {mode: Remembered(self, mode) for mode in MODES}
        self._edge = self._summed(EDGE, "^")

    def find(self, text: Text, context: Context) -> Findings:  # noqa: ARG002 what is near is in the text
        """Spans over `text.normal`, of kind NAME and PLACE."""
        reading, words = self._read(text.normal)
        self._judge(reading, words)
        name_small(reading)
        name_speakers(reading)
        go_on(reading)
        leave_openings(reading)
        recur(reading)
        mark_streets(reading)
        mark_address_lines(reading)
        mark_address_blocks(reading)
        return Findings(spans(reading), len(text.normal))

    def _read(self, text: str) -> tuple[Reading, list[Sums]]:
        spaced, starts = split(text)
        modes = capitals_of(text)
        words: list[Sums] = []
        if len(set(modes)) == 1:
            words = list(map(self._remembered[modes[0]].__getitem__, spaced))
        else:
            at = 0
            for line, mode in enumerate(modes):
                begin, at = at, len(spaced) if line + 1 == len(modes) else _beyond_line(spaced, at)
                words += map(self._remembered[mode].__getitem__, spaced[begin:at])
        count = len(words)
        pieces, marks = list(map(_PIECE, words)), bytes(map(_MARK, words))
        return Reading(text, pieces, starts, words, bytearray(count), [0.0] * count, marks), words

    def sums(self, piece: str, mode: str) -> Sums:
        """Of a spelling, worked out."""
        short = piece[:LONGEST]
        word = read_word(short, mode, self._known) if piece[0].isalpha() else read_mark(short)
        if short != piece and piece[0].isalpha():
            word = word._replace(bare=bare_of(piece))
        return self._summed(word, piece)

    def _summed(self, word: Word, piece: str) -> Sums:
        model, lent = self._model, word.lent
        around = self._lent.get(lent)
        if around is None:
            around = model.sum("<", lent), model.sum("-", lent), model.sum("+", lent), model.sum(">", lent)
            if len(lent) <= len(("n", "s")):  # a word by itself brings features of its own; the others are few
                self._lent[lent] = around
        outside, name, place = model.sum("0", word.own)
        outside += eased(word)
        known = mark_of(piece, word)
        return Sums((outside, name, place), *around, word.bucket, word.shape, word.facts, word.bare, known, piece)

    def _judge(self, reading: Reading, words: list[Sums]) -> None:
        """Labels, and how sure they are: Viterbi over each run of candidates, nothing on both sides of it."""
        labels, margins, edge, emission = reading.labels, reading.margins, self._edge, self._emission
        phrases = place_phrases(reading, self._known)
        (oo, on, op), (no, _, _), (po, _, _) = self._model.transitions
        padded = [edge, edge, *words, edge, edge]
        for run in CANDIDATES.finditer(reading.marks):
            i, j = run.span()
            if j == i + 1:  # most stand alone
                outside, name, place = emission(padded, i + 2, phrases.get(i))
                o, n, p = outside + oo + oo, name + on + no, place + op + po
                if n > o and n >= p:
                    labels[i], margins[i] = 1, name - outside
                elif p > o and p > n:
                    labels[i], margins[i] = 2, place - outside
                continue
            scores = [emission(padded, k + 2, phrases.get(k)) for k in range(i, j)]
            labels[i:j] = self._best(scores)
            for k, (outside, *inside) in enumerate(scores, i):
                if labels[k]:
                    margins[k] = inside[labels[k] - 1] - outside

    def _emission(self, words: list[Sums], i: int, phrase: str | None) -> Vector:
        two, one, here, next_, after = words[i - 2], words[i - 1], words[i], words[i + 1], words[i + 2]
        a, b, c, d, e = here.own, two.before2, one.before, next_.after, after.after2
        key = two.bucket, one.bucket, here.bucket, next_.bucket, here.shape
        p = self._pairs.get(key) or self._paired(key)
        if not phrase:
            return (
                a[0] + b[0] + c[0] + d[0] + e[0] + p[0],
                a[1] + b[1] + c[1] + d[1] + e[1] + p[1],
                a[2] + b[2] + c[2] + d[2] + e[2] + p[2],
            )
        t = self._model.features.get(phrase, ZERO)
        return (
            a[0] + b[0] + c[0] + d[0] + e[0] + p[0] + t[0],
            a[1] + b[1] + c[1] + d[1] + e[1] + p[1] + t[1],
            a[2] + b[2] + c[2] + d[2] + e[2] + p[2] + t[2],
        )

    def _paired(self, key: tuple[str, str, str, str, str]) -> Vector:
        """Weights of a word's bucket with those around it, and the bias of its shape."""
        two, one, here, next_, shape = key
        pairs = f"B{one}|{here}", f"A{here}|{next_}", f"T{two}|{one}|{shape}", f"S{one}|{next_}|{shape}"
        outside, name, place = self._model.sum("", pairs)
        if len(self._pairs) >= PAIRS:
            self._pairs.clear()
        self._pairs[key] = vector = outside - BIAS.get(shape, USUAL_BIAS), name, place + PLACE_BIAS
        return vector

    def _best(self, scores: list[Vector]) -> bytes:
        (oo, on, op), (no, nn, np), (po, pn, pp) = self._model.transitions
        first = scores[0]
        o, n, p = first[0] + oo, first[1] + on, first[2] + op
        back: list[tuple[int, int, int]] = []
        for eo, en, ep in scores[1:]:
            to_o, to_n, to_p = (o + oo, n + no, p + po), (o + on, n + nn, p + pn), (o + op, n + np, p + pp)
            o, n, p = max(to_o), max(to_n), max(to_p)
            back.append((to_o.index(o), to_n.index(n), to_p.index(p)))
            o, n, p = o + eo, n + en, p + ep
        ends = (o + oo, n + no, p + po)
        label = ends.index(max(ends))
        path = [label]
        for step in reversed(back):
            label = step[label]
            path.append(label)
        path.reverse()
        return bytes(path)


def place_phrases(reading: Reading, known: dictionary.Dictionary) -> dict[int, str]:
    """A feature, by index, for each word of a place, state or country that is written in several words."""
    text, pieces, starts = reading.text, reading.pieces, reading.starts
    marks: dict[int, str] = {}
    for found in PHRASES.finditer(reading.marks):
        i = found.start()
        word, start = reading.words[i], starts[i]
        last = min(i + 4, len(pieces) - 1)
        window = text[start : reading.end(last)]
        # In the window as it is, or with its gaps made even and its letters small, which may make it longer.
        even = window.isascii() and "  " not in window and window.isprintable()
        lower = window.lower().encode() if even else b""
        for j in range(i + 1, last + 1):
            if pieces[j] == "\n":
                break
            end = reading.end(j)
            facts = (
                known.phrase(lower[: end - start]) if even else known.facts(" ".join(text[start:end].lower().split()))
            )
            if facts:
                level = (facts >> dictionary.PLACE_SHIFT) & 3
                mark = f"z{level}{'g' if facts & dictionary.NATION else ''}{word.shape}"
                marks.update(dict.fromkeys(range(i, j + 1), mark))
    return marks

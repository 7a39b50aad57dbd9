"""Names and places, found by dictionaries, spelling and context: a linear-chain CRF with additive features.

Weights are trained by `training/train.py` on generated text alone and described in MODEL_CARD.md. Only words that could
be a name are scored; the rest is none. What was found once is then found wherever it stands in the same text.
"""

from typing import NamedTuple

from model_images.gateway.guard.detectors import dictionary, weights
from model_images.gateway.guard.detectors.address_lines import mark_address_lines
from model_images.gateway.guard.detectors.adjoining import go_on, name_speakers
from model_images.gateway.guard.detectors.assembly import spans
from model_images.gateway.guard.detectors.recurrence import recur
from model_images.gateway.guard.detectors.streets import mark_streets
from model_images.gateway.guard.detectors.weights import ZERO, Model, Vector
from model_images.gateway.guard.detectors.words import (
    EDGE,
    TOKENS,
    UNNAMED,
    Reading,
    Word,
    capitals_of,
    read_mark,
    read_word,
)
from model_images.gateway.guard.spans import Context, Findings, Text

REMEMBERED = 20_000  # spellings whose sums are kept, twice over: when the newer are so many, the older are dropped
PAIRS = 50_000  # contexts of buckets whose sums are kept; a full memory is emptied
LONGEST = 64  # letters: no name is longer, and none of it is worth a sum
BIAS = {"G": 2.0}
USUAL_BIAS = 3.4
"""How much more a word must look like none to be left alone; less where every noun has a capital."""
PLACE_BIAS = 0.8
"""How much more a word is taken for a place than for a name; training text has fewer kinds of places than life."""
EASED = 2.8
"""How much of that is taken back for what is far oftener something else: `is_eased`."""


class Sums(NamedTuple):
    """A word's weights, summed, by where it stands from the one that is judged."""

    word: Word
    own: Vector
    before2: Vector
    before: Vector
    after: Vector
    after2: Vector


def is_eased(word: Word) -> bool:
    """Countries and peoples, months, medicines, eponyms, and what laboratories measure."""
    return bool(word.facts & dictionary.NATION) or word.bucket in UNNAMED or word.bucket == "TIME"


class Tagger:
    """The detector. Names of people, and places smaller than a state; facilities named after either are places."""

    name = "tagger"

    def __init__(self, model: Model | None = None, known: dictionary.Dictionary | None = None) -> None:
        self._known = known or dictionary.load()
        self._model = model or weights.load()
        self._lent: dict[tuple[str, ...], tuple[Vector, Vector, Vector, Vector]] = {}
        self._pairs: dict[tuple[str, str, str, str, str], Vector] = {}
        self._sums: dict[str, Sums] = {}
        self._older: dict[str, Sums] = {}
        self._edge = self._summed(EDGE)

    def find(self, text: Text, context: Context) -> Findings:  # noqa: ARG002 what is near is in the text
        """Spans over `text.normal`, of kind NAME and PLACE."""
        reading, words = self._read(text.normal)
        self._judge(reading, words)
        name_speakers(reading)
        go_on(reading)
        recur(reading)
        mark_streets(reading)
        mark_address_lines(reading)
        return Findings(spans(reading), len(text.normal))

    def _read(self, text: str) -> tuple[Reading, list[Sums]]:
        modes, line = capitals_of(text), 0
        mode = modes[0]
        pieces: list[str] = []
        starts: list[int] = []
        words: list[Sums] = []
        remembered = self._sums
        for match in TOKENS.finditer(text):
            piece = match[0]
            sums = remembered.get(mode + piece)
            if sums is None:
                sums = self._sum(piece, mode)
            pieces.append(piece)
            starts.append(match.start())
            words.append(sums)
            if piece == "\n":
                line += 1
                mode = modes[line]
        count = len(pieces)
        return Reading(text, pieces, starts, [sums.word for sums in words], [0] * count, [0.0] * count), words

    def _sum(self, piece: str, mode: str) -> Sums:
        """Of a spelling that is not among the newer ones. Two threads may do it at once: each then only sums anew."""
        key, short = mode + piece, piece[:LONGEST]
        sums = self._older.get(key)
        if sums is None:
            sums = self._summed(read_word(short, mode, self._known) if piece[0].isalpha() else read_mark(short))
        if len(self._sums) >= REMEMBERED:
            self._older, self._sums = self._sums, {}
        if len(piece) <= LONGEST:
            self._sums[key] = sums
        return sums

    def _summed(self, word: Word) -> Sums:
        model, lent = self._model, word.lent
        around = self._lent.get(lent)
        if around is None:
            around = model.sum("<", lent), model.sum("-", lent), model.sum("+", lent), model.sum(">", lent)
            if len(lent) <= len(("n", "s")):  # a word by itself brings features of its own; the others are few
                self._lent[lent] = around
        outside, name, place = model.sum("0", word.own)
        if is_eased(word):
            outside += EASED
        return Sums(word._replace(own=(), lent=()), (outside, name, place), *around)

    def _judge(self, reading: Reading, words: list[Sums]) -> None:
        """Labels, and how sure they are: Viterbi over each run of candidates, nothing on both sides of it."""
        labels, margins, count = reading.labels, reading.margins, len(words)
        phrases = place_phrases(reading, self._known)
        edge = self._edge
        padded = [edge, edge, *words, edge, edge]
        i = 0
        while i < count:
            if not words[i].word.candidate:
                i += 1
                continue
            j, scores = i, []
            while j < count and words[j].word.candidate:
                scores.append(self._emission(padded, j + 2, phrases.get(j)))
                j += 1
            labels[i:j] = self._best(scores)
            for k, (outside, *inside) in enumerate(scores, i):
                if labels[k]:
                    margins[k] = inside[labels[k] - 1] - outside
            i = j

    def _emission(self, words: list[Sums], i: int, phrase: str | None) -> Vector:
        two, one, here, next_, after = words[i - 2], words[i - 1], words[i], words[i + 1], words[i + 2]
        a, b, c, d, e = here.own, two.before2, one.before, next_.after, after.after2
        key = two.word.bucket, one.word.bucket, here.word.bucket, next_.word.bucket, here.word.shape
        p = self._pairs.get(key) or self._paired(key)
        t = self._model.features.get(phrase, ZERO) if phrase else ZERO
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

    def _best(self, scores: list[Vector]) -> list[int]:
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
        return path


def place_phrases(reading: Reading, known: dictionary.Dictionary) -> dict[int, str]:
    """A feature, by index, for each word of a place, state or country that is written in several words."""
    text, pieces, starts = reading.text, reading.pieces, reading.starts
    marks: dict[int, str] = {}
    for i, word in enumerate(reading.words):
        if not word.facts & dictionary.PLACE_BEGINS or word.shape == "x":
            continue
        for j in range(i + 1, min(i + 5, len(pieces))):
            if pieces[j] == "\n":
                break
            phrase = " ".join(text[starts[i] : reading.end(j)].lower().split())
            facts = known.facts(phrase)
            if facts:
                level = (facts >> dictionary.PLACE_SHIFT) & 3
                mark = f"z{level}{'g' if facts & dictionary.NATION else ''}{word.shape}"
                marks.update(dict.fromkeys(range(i, j + 1), mark))
    return marks

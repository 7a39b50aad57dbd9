"""Names and places, found by dictionaries, spelling and context: a linear-chain CRF with additive features.

Weights are trained by `training/train.py` on generated text alone and shipped with MODEL_CARD.md. Only words that could
be a name are scored; the rest is `O`. What was found once is then found wherever it stands in the same text.
"""

import hashlib
import math
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.lexicon import GERMAN, JOINING, PARTICLES
from model_images.gateway.guard.detectors.streets import AFTER, BEFORE, POST, streets
from model_images.gateway.guard.detectors.words import EDGE, TOKENS, VERSION, Word, read_mark, read_word
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.spans import Context, Findings, Span, Text

WEIGHTS = Path(__file__).parent / "data" / "tagger.bin"
SHA256 = "892a09dcc94913c21f6630e27066fffd222f95564bf27f98102f693698465e5e"
REMEMBERED = 20_000  # spellings whose sums are kept, by process; a full memory is emptied
LONGEST = 64  # letters: no name is longer, and none of it is worth a sum
BIAS = {"G": 1.6}
USUAL_BIAS = 2.0
"""How much more a word must look like none to be left alone; less where every noun has a capital."""
KINDS = (None, Kind.NAME, Kind.PLACE)

Vector = tuple[float, float, float]
"""A weight each for O, N and P."""
ZERO: Vector = (0.0, 0.0, 0.0)


class Token(NamedTuple):
    """A piece of the text and where it stands."""

    text: str
    start: int
    end: int
    word: Word
    capitals: str


class Model(NamedTuple):
    """Weights by feature; transitions from label to label."""

    features: Mapping[str, Vector]
    transitions: tuple[Vector, Vector, Vector]


class Sums(NamedTuple):
    """A word's weights, summed, by where it stands from the one that is judged."""

    word: Word
    own: Vector
    before2: Vector
    before: Vector
    after: Vector
    after2: Vector
    candidate: bool


def is_candidate(word: Word) -> bool:
    """Whether a word may be a name at all. What can't is never scored, neither in training nor in service."""
    if word.shape in "XAUMIG":
        return bool(word.own)
    common = (word.facts >> dictionary.COMMON_SHIFT) & 7
    if word.shape == "x":
        return bool(word.own)
    return bool(word.own) and (common == 0 or (common <= 3 and bool(word.facts & 0b111111)) or word.bucket == "PARTICLE")


def capitals_of(text: str) -> list[str]:
    """Of each line, what a capital means: `U` nothing, all are; `y` nothing, none is; `g` a noun; `x` as usual."""
    capitals = sum(map(text.count, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    usual = "y" if len(text) > 50 * capitals else "x"
    if usual == "x" and sum(map(text.count, GERMAN)) * 250 > len(text) + 250:
        usual = "g"
    return ["U" if line.isupper() and " " in line.strip() else usual for line in text.split("\n")]


def tokens_of(text: str, known: dictionary.Dictionary) -> list[Token]:
    """All tokens with their features; the slow way, for training."""
    modes, line, tokens = capitals_of(text), 0, []
    for match in TOKENS.finditer(text):
        piece = match[0]
        word = read_word(piece, modes[line], known) if piece[0].isalpha() else read_mark(piece)
        tokens.append(Token(piece, match.start(), match.end(), word, modes[line]))
        line += piece == "\n"
    return tokens


def marks_of_place(tokens: Sequence[Token], known: dictionary.Dictionary) -> list[str]:
    """A feature for each word of a place, state or country that is written in several words."""
    marks = [""] * len(tokens)
    for i, token in enumerate(tokens):
        if not token.word.facts & dictionary.PLACE_BEGINS or token.word.shape == "x":
            continue
        phrase, last = token.text.lower(), min(i + 5, len(tokens))
        for j in range(i + 1, last):
            piece = tokens[j]
            if piece.text == "\n":
                break
            phrase += (" " if piece.start > tokens[j - 1].end else "") + piece.text.lower()
            facts = known.facts(phrase)
            if facts:
                level = (facts >> dictionary.PLACE_SHIFT) & 3
                mark = f"z{level}{'g' if facts & dictionary.NATION else ''}{token.word.shape}"
                marks[i : j + 1] = [mark] * (j + 1 - i)
    return marks


def plus(model: Model, prefix: str, features: Sequence[str]) -> Vector:
    """Sum of the weights of some features."""
    get = model.features.get
    outside = name = place = 0.0
    for feature in features:
        weights = get(prefix + feature)
        if weights is not None:
            outside += weights[0]
            name += weights[1]
            place += weights[2]
    return outside, name, place


class Tagger:
    """The detector (c): names of people, and places smaller than a state, facilities named after them among these."""

    name = "tagger"

    def __init__(self, model: Model | None = None, known: dictionary.Dictionary | None = None) -> None:
        self._known = known or dictionary.load()
        self._model = model or load()
        self._edge = Sums(EDGE, ZERO, *(plus(self._model, mark, EDGE.lent) for mark in "<-+>"), candidate=False)
        self._sums: dict[str, Sums] = {}

    def find(self, text: Text, context: Context) -> Findings:  # noqa: ARG002 what is near is in the text
        """Spans over `text.normal`, of kind NAME and PLACE."""
        normal = text.normal
        pieces, starts, words = self._read(normal)
        labels, margins = self._judge(normal, pieces, starts, words)
        _consistent(pieces, words, labels, margins)
        _streets(pieces, words, labels, margins)
        return Findings(_spans(normal, pieces, starts, words, labels, margins), len(normal))

    def _read(self, text: str) -> tuple[list[str], list[int], list[Sums]]:
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
        return pieces, starts, words

    def _sum(self, piece: str, mode: str) -> Sums:
        short = piece[:LONGEST]
        word = read_word(short, mode, self._known) if piece[0].isalpha() else read_mark(short)
        model = self._model
        sums = Sums(
            word,
            plus(model, "0", word.own),
            plus(model, "<", word.lent),
            plus(model, "-", word.lent),
            plus(model, "+", word.lent),
            plus(model, ">", word.lent),
            is_candidate(word),
        )
        if len(self._sums) >= REMEMBERED:
            self._sums.clear()
        if len(piece) <= LONGEST:
            self._sums[mode + piece] = sums
        return sums

    def _judge(self, text: str, pieces: list[str], starts: list[int], words: list[Sums]) -> tuple[list[int], list[float]]:
        """Labels and how sure they are: Viterbi over each run of candidates, `O` on both sides of it."""
        count = len(words)
        labels, margins = [0] * count, [0.0] * count
        phrases = self._phrases(text, pieces, starts, words)
        edge = self._edge
        padded = [edge, edge, *words, edge, edge]
        i = 0
        while i < count:
            if not words[i].candidate:
                i += 1
                continue
            j = i
            scores = []
            while j < count and words[j].candidate:
                scores.append(self._emission(padded, j + 2, phrases.get(j)))
                j += 1
            labels[i:j] = self._best(scores)
            for k, (outside, *inside) in enumerate(scores, i):
                if labels[k]:
                    margins[k] = inside[labels[k] - 1] - outside
            i = j
        return labels, margins

    def _emission(self, words: list[Sums], i: int, phrase: str | None) -> Vector:
        two, one, here, next_, after = words[i - 2], words[i - 1], words[i], words[i + 1], words[i + 2]
        before_, bucket, after_ = one.word.bucket, here.word.bucket, next_.word.bucket
        shape = here.word.shape
        a, b, c, d, e = here.own, two.before2, one.before, next_.after, after.after2
        get = self._model.features.get
        p = get(f"B{before_}|{bucket}", ZERO)
        q = get(f"A{bucket}|{after_}", ZERO)
        r = get(f"T{two.word.bucket}|{before_}|{shape}", ZERO)
        s = get(f"S{before_}|{after_}|{shape}", ZERO)
        t = get(phrase, ZERO) if phrase else ZERO
        bias = BIAS.get(shape, USUAL_BIAS)
        return (
            a[0] + b[0] + c[0] + d[0] + e[0] + p[0] + q[0] + r[0] + s[0] + t[0] - bias,
            a[1] + b[1] + c[1] + d[1] + e[1] + p[1] + q[1] + r[1] + s[1] + t[1],
            a[2] + b[2] + c[2] + d[2] + e[2] + p[2] + q[2] + r[2] + s[2] + t[2],
        )

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

    def _phrases(self, text: str, pieces: list[str], starts: list[int], words: list[Sums]) -> dict[int, str]:
        known, marks = self._known, {}
        for i, sums in enumerate(words):
            word = sums.word
            if not word.facts & dictionary.PLACE_BEGINS or word.shape == "x":
                continue
            start, last = starts[i], min(i + 5, len(words))
            for j in range(i + 1, last):
                if pieces[j] == "\n":
                    break
                phrase = " ".join(text[start : starts[j] + len(pieces[j])].lower().split())
                facts = known.facts(phrase)
                if facts:
                    level = (facts >> dictionary.PLACE_SHIFT) & 3
                    mark = f"z{level}{'g' if facts & dictionary.NATION else ''}{word.shape}"
                    marks.update(dict.fromkeys(range(i, j + 1), mark))
        return marks


STREET_WORDS = AFTER | BEFORE | POST
SURE = 4.0  # from this margin on, a name is looked for in the rest of the text
ORDINARY = frozenset(("TIME", "PARTICLE", "STREET", "FACILITY", "DEPARTMENT", "EPONYM", "OF_MEDICINE", "NEAR", "ROLE"))


def _consistent(pieces: list[str], words: list[Sums], labels: list[int], margins: list[float]) -> None:
    """What was surely a name is one wherever it is written so; but a word that was oftener none is left alone."""
    sure: dict[str, int] = {}
    for piece, sums, label, margin in zip(pieces, words, labels, margins, strict=True):
        if label and margin >= SURE and len(piece) > 2:
            common = (sums.word.facts >> dictionary.COMMON_SHIFT) & 7
            usual = sums.word.facts & 0b101010
            if sums.word.bucket not in ORDINARY and (common == 0 or (common <= 2 and usual)):
                sure[_bare(piece)] = label
    if not sure:
        return
    votes: dict[str, int] = {}
    others: list[tuple[int, str]] = []
    for i, (piece, sums) in enumerate(zip(pieces, words, strict=True)):
        bare = _bare(piece) if sums.candidate else ""
        if bare in sure:
            votes[bare] = votes.get(bare, 0) + (1 if labels[i] else -1)
            if not labels[i]:
                others.append((i, bare))
    for i, bare in others:
        if votes[bare] >= 0 or words[i].word.facts & 0b101010:
            labels[i], margins[i] = sure[bare], SURE


def _streets(pieces: list[str], words: list[Sums], labels: list[int], margins: list[float]) -> None:
    at = [i for i, piece in enumerate(pieces) if piece.lower() in STREET_WORDS]
    if not at:
        return
    letters = [sums.word.shape != "" for sums in words]
    for first, last in streets(pieces, letters, at):
        for i in range(first, last + 1):
            labels[i] = 2
            margins[i] = max(margins[i], SURE)


def _bare(piece: str) -> str:
    return piece.lower().removesuffix("'s").removesuffix("’s")


def _spans(
    text: str, pieces: list[str], starts: list[int], words: list[Sums], labels: list[int], margins: list[float]
) -> list[Span]:
    """Runs of one label, joined over what stands between parts of one name; a street takes its house number."""
    spans: list[Span] = []
    count, i = len(pieces), 0
    while i < count:
        label = labels[i]
        if not label:
            i += 1
            continue
        j, surest, gap = i, margins[i], False
        while j + 1 < count:
            step = 1
            while step < 4 and j + step < count and not labels[j + step] and _joins(pieces[j + step]):
                step += 1
            if j + step >= count or labels[j + step] != label:
                gap = step > 1 and j + step < count and bool(labels[j + step])
                break
            j += step
            surest = max(surest, margins[j])
        start, end = starts[i], starts[j] + len(pieces[j])
        if label == 2:
            start, end = _with_street(pieces, starts, words, i, j)
        elif i and pieces[i - 1].lower() in PARTICLES and (i < 2 or words[i - 2].word.bucket in ("TITLE", "KIN", "^")):
            start = starts[i - 1]
        if gap and pieces[j + 1].lower() in JOINING:
            # A name and a place with "de" between them were one of either; which matters less than the word between.
            end = max(end, starts[j + 1] + len(pieces[j + 1]))
        kind = KINDS[label]
        alone = end - start <= 2 and text[end - 1] != "."
        if kind is not None and not (alone and words[i].word.shape == "I") and text[start:end] not in ("St", "ST"):
            spans.append(Span(start, end, kind, "tagger", score=1 / (1 + math.exp(-max(-30.0, min(30.0, surest))))))
        i = j + 1
    return spans


def _joins(piece: str) -> bool:
    return piece in ".-'’/" or piece.lower() in JOINING


def _with_street(
    pieces: list[str], starts: list[int], words: list[Sums], i: int, j: int
) -> tuple[int, int]:
    """A place with its street's small words and its number on either side; a state's letters before a postcode too."""
    first, last, count = i, j, len(pieces)
    street = any(words[k].word.bucket in ("STREET", "STREETY") for k in range(i, j + 1))
    back = i
    while back and i - back < 4 and pieces[back - 1].lower() in JOINING:
        back -= 1
    if back and words[back - 1].word.bucket == "STREET" and pieces[back - 1][0].isalpha():
        first, street = back - 1, True
    elif back and back - 1 > 0 and pieces[back - 1] == "." and words[back - 2].word.bucket == "STREET":
        first, street = back - 2, True
    if last + 1 < count and words[last + 1].word.bucket == "STREET":
        last, street = last + 1, True
    while last + 1 < count and words[last + 1].word.bucket == "FACILITY":
        last += 1
    while first and words[first - 1].word.bucket == "FACILITY":
        first -= 1
    if street:
        if first and pieces[first - 1] == "," and first > 1 and pieces[first - 2][0].isdigit():
            first -= 2
        elif first and pieces[first - 1][0].isdigit():
            first -= 1
        for k in range(last + 1, min(last + 4, count)):
            if pieces[k][0].isdigit():
                last = k
                break
            if pieces[k] not in ".,#" and pieces[k].lower() not in ("nº", "no", "n", "s"):
                break
    for k in (last + 1, last + 2):
        if k + 1 < count and len(pieces[k]) == 2 and pieces[k].isupper() and pieces[k + 1][0].isdigit() and len(pieces[k + 1]) >= 5:
            last = k
            break
    return starts[first], starts[last] + len(pieces[last])


def pack(features: Mapping[str, Vector], transitions: Sequence[Sequence[float]]) -> bytes:
    """The weights file's bytes: hundredths, one feature a line, sorted."""
    lines = [f"bailiwick-tagger {VERSION}", " ".join(f"{round(w * 100)}" for row in transitions for w in row)]
    for feature, weights in sorted(features.items()):
        rounded = [round(weight * 100) for weight in weights]
        if any(rounded):
            lines.append("\t".join([feature, *map(str, rounded)]))
    return zlib.compress("\n".join(lines).encode(), 9)


def unpack(data: bytes) -> Model:
    """The reverse of `pack`."""
    head, numbers, *lines = zlib.decompress(data).decode().split("\n")
    if head != f"bailiwick-tagger {VERSION}":
        raise GuardFailed("deidentify")
    t = [int(number) / 100 for number in numbers.split()]
    features: dict[str, Vector] = {}
    for line in lines:
        feature, o, n, p = line.rsplit("\t", 3)
        features[feature] = int(o) / 100, int(n) / 100, int(p) / 100
    return Model(features, ((t[0], t[1], t[2]), (t[3], t[4], t[5]), (t[6], t[7], t[8])))


@cache
def load() -> Model:
    """The shipped weights. Other bytes than those that were measured are refused."""
    data = WEIGHTS.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise GuardFailed("deidentify")
    return unpack(data)

"""What instructions smuggled into a text sound like: one pass over it, weighed by where the text came from.

A heuristic. It lowers the odds and tells operators; the guarantee rests elsewhere (docs/concepts/prompt-guard.md).
"""

import functools
import re
import string
import threading
import unicodedata
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import hyperscan
import yaml

from model_images.gateway.guard import compiled
from model_images.gateway.guard.prompt_guard import suffix

Origin = Literal["caller", "passage", "tool"]
NEAR = 60
"""Characters within which clinical prose explains a sign."""
SENTENCE = 3
"""Words of a whole sentence."""
RULES = Path(__file__).with_name("injection.yaml")

# Letters of other scripts that are drawn as Latin ones (unicode.org/Public/security/latest/confusables.txt): the few
# that attackers use. Words that mix scripts are refused by limits.py; this is for those that are wholly of another.
_DRAWN_ALIKE = str.maketrans(
    "аеорсухіјѕԁԛԝһɡιοναρυτκεմոսօ",
    "aeopcyxijsdqwhgiovapytkeunuo",
)
_BREAK = "\0"
_WORDS = {
    **dict.fromkeys(range(128), " "),
    **{ord(letter): letter.lower() for letter in "0123456789" + string.ascii_letters},
    ord(_BREAK): _BREAK,
}
"""What makes single words of a sentence in ASCII; the rest has been undone before."""
_SENTENCE_END = re.compile(r"[.!?:;]\s+(?=[^\W\d_])|\n")
_IN_LIST = re.compile(r"\{([a-z_]+)\}")
_ANY_WORDS = re.compile(r"\{~(\d)\}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """How much a text sounds like an attack, and what kinds of it; nothing of the text."""

    score: float
    families: tuple[str, ...]
    """Those that add to the score, heaviest first."""
    refused: bool
    """At or over the threshold."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    name: str
    family: str
    weight: float
    times: int


def folded(text: str) -> str:
    """Words in one form, each between single spaces: case, accents, look-alikes and punctuation undone.

    A point stands between two whole sentences, so that no phrase is read out of the end of one and the beginning of the
    next. Where either is short it could be a phrase that somebody has cut to pieces: no point there.
    """
    if not text.isascii():
        text = _BEYOND_ASCII.sub(lambda found: found[0].translate(_BARE), text)
    marked = _SENTENCE_END.sub(_BREAK, text.replace(_BREAK, " "))
    bare = marked.translate(_WORDS) if text.isascii() else _OTHER.sub(" ", marked.translate(_WORDS))
    out: list[str] = []
    before = 0
    for sentence in bare.split(_BREAK):
        words = sentence.split()
        now = len(words)
        if not now:
            continue
        if out:
            out.append(" . " if min(before, now) >= SENTENCE else " ")
        out.append(" ".join(words))
        before = now
    return f" {''.join(out)} "


class _Bare(dict[int, str]):
    """Letters without case, marks and looks, by code point; those of the scripts that are met are kept."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(code).casefold())
        bare = "".join(letter for letter in decomposed if unicodedata.category(letter) not in {"Mn", "Cf"})
        bare = bare.translate(_DRAWN_ALIKE)
        if code < _KEPT:
            self[code] = bare
        return bare


_BARE = _Bare()
_KEPT = 0x3000
"""Beyond are Chinese, Japanese and Korean, of which no letter is Latin underneath."""
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_OTHER = re.compile(r"[^a-z0-9\0]+")


class Injection:
    """The rules, compiled. Safe to call from several threads."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._threshold = float(rules["threshold"])
        self._window = int(rules["window"])
        self._origins: Mapping[str, float] = rules["origins"]
        self._outright = {name for name, family in rules["families"].items() if family.get("outright")}
        self._words = _Matcher(rules, "words", hyperscan.HS_FLAG_DOTALL)
        self._shapes = _Matcher(rules, "shape", hyperscan.HS_FLAG_CASELESS)

    @classmethod
    def load(cls, path: Path = RULES) -> "Injection":
        """From a file of rules; those that come with this one are compiled once, which takes seconds."""
        return _read(path)

    def judge(self, text: str, origin: Origin) -> Judgement:
        """Weigh one text."""
        hits = self._words.hits(folded(text)) + self._shapes.hits(_shown(text))
        hits += [(_Pattern(f"suffix {weight}", "suffix", weight, 1), end) for end, weight in suffix.runs(text)]
        weights = _heaviest(hits, self._window)
        factor = self._origins[origin]
        outright = any(weights.get(name, 0) > 0 for name in self._outright)
        score = round(factor * sum(weights.values()), 3)
        families = tuple(sorted(weights, key=lambda name: -weights[name]))
        return Judgement(score, families, outright or score >= self._threshold)


@functools.cache
def _read(path: Path) -> Injection:
    return Injection(yaml.safe_load(path.read_text(encoding="utf-8")))


class _Matcher:
    """One database of patterns over one form of the text."""

    def __init__(self, rules: Mapping[str, Any], form: str, flags: int) -> None:
        lists = {name: "(?:" + "|".join(words) + ")" for name, words in rules["lists"].items()}
        self._patterns: list[_Pattern] = []
        expressions: list[bytes] = []
        for family, body in rules["families"].items():
            for weight, expression, *times in body.get(form, ()):
                name = f"{form} {len(self._patterns)}"
                self._patterns.append(_Pattern(name, family, float(weight), times[0] if times else 1))
                for _ in range(3):  # lists name lists
                    expression = _IN_LIST.sub(lambda match: lists[match[1]], expression)
                expression = _ANY_WORDS.sub(lambda match: f"(?:[a-z0-9 ]{{0,{8 * int(match[1])}}} )?", expression)
                expressions.append((rf" {expression}\b" if form == "words" else expression).encode())
        self._database = compiled.database(expressions, [flags] * len(expressions))
        self._local = threading.local()

    def hits(self, text: str) -> list[tuple[_Pattern, int]]:
        """Patterns that matched, and where each ended; a pattern that wants to match n times is there from the nth."""
        found: list[tuple[int, int]] = []

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((pattern, end))

        scratch = getattr(self._local, "scratch", None)
        if scratch is None:  # Hyperscan's scratch space serves one thread at a time
            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        self._database.scan(text.encode("utf-8", "replace"), match_event_handler=on_match, scratch=scratch)
        hits: list[tuple[_Pattern, int]] = []
        counts: Counter[int] = Counter()
        for number, end in found:
            counts[number] += 1
            if counts[number] >= self._patterns[number].times:
                hits.append((self._patterns[number], end))
        return hits


def _shown(text: str) -> str:
    """As tokenizers read it that fold compatibility forms and drop what has no width."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def _heaviest(hits: Sequence[tuple[_Pattern, int]], window: int) -> dict[str, float]:
    """Weights by family in the window that weighs most: two weak signs pages apart are no sign."""
    inside: deque[tuple[_Pattern, int, float]] = deque()
    best: dict[str, float] = {}
    for pattern, end, weight in sorted(_explained(hits), key=lambda each: each[1]):
        inside.append((pattern, end, weight))
        while end - inside[0][1] > window:
            inside.popleft()
        weights = _weights(inside)
        if sum(weights.values()) > sum(best.values()):
            best = weights
    return best


def _explained(hits: Sequence[tuple[_Pattern, int]]) -> Iterator[tuple[_Pattern, int, float]]:
    """Signs with their weights, less what clinical prose close by explains; further off it would be a way round."""
    takes = [(pattern, end) for pattern, end in hits if pattern.weight < 0]
    for pattern, end in hits:
        if pattern.weight > 0:
            near = [each.weight for each, at in takes if each.family == pattern.family and abs(at - end) <= NEAR]
            weight = pattern.weight + min(near, default=0.0)
            if weight > 0:
                yield pattern, end, weight


def _weights(inside: Iterable[tuple[_Pattern, int, float]]) -> dict[str, float]:
    """A family weighs its heaviest sign and a quarter of each further one."""
    signs: dict[str, dict[str, float]] = {}
    for pattern, _, weight in inside:
        family = signs.setdefault(pattern.family, {})
        family[pattern.name] = max(weight, family.get(pattern.name, 0.0))
    sums = {family: (max(each.values()), sum(each.values())) for family, each in signs.items()}
    return {family: round(most + (total - most) / 4, 3) for family, (most, total) in sums.items()}

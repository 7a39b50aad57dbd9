"""Record-aware detection: the caller sends whose text it is, and every form of that is found.

One walk over the words of the text, each looked up among the beginnings of all forms; words left over are compared with
the names for slips of the pen. Built anew for each request, so that nobody's record stays in memory.

Names that are words, too (May, Young, Klein: name_words/common.txt) count with a capital only, or in a full name or after a
title in any case; `May` and `Will` that open a sentence before a verb are the modal. Initials count in capitals, and
where notes use the same letters for something else, only with points between.
"""

import re
from collections.abc import Iterator, Mapping

from model_images.gateway.guard.detectors.address_forms import street_forms
from model_images.gateway.guard.detectors.date_forms import FILLERS, date_forms
from model_images.gateway.guard.detectors.edit_distance import slips_allowed, within
from model_images.gateway.guard.detectors.folding import small
from model_images.gateway.guard.detectors.name_forms import compact, initials, joint, single
from model_images.gateway.guard.detectors.name_words import words_in
from model_images.gateway.guard.detectors.number_forms import number_forms
from model_images.gateway.guard.detectors.record_form import known
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Findings, Span, Text

GAP = 3
"""Separators allowed between two words or numbers of one form."""
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
_WORD = re.compile(r"[^\W_]{4,32}")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")
"""Scripts that put no space between words: Chinese, Japanese, Thai."""

Token = tuple[str, int, int]


class Record:
    """The detector. Finds nothing where no record was sent."""

    name = "record"

    def find(self, text: Text, context: Context) -> Findings:
        """Every form of what the record knows."""
        if not context.record:
            return Findings((), len(text.normal))
        forms = _Forms(context.record)
        seen = small(text.normal)
        tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(seen)]
        found = list(_walk(tokens, text.normal, forms))
        found.extend(_dates(tokens, forms))
        found.extend(_unspaced(seen, forms))
        taken = {span.start for span in found}
        found.extend(_slips(seen, text.normal, forms, taken))
        return Findings(tuple(found), len(text.normal))


class _Forms:
    """All forms of one record, by what finds them."""

    def __init__(self, record: Mapping[str, object]) -> None:
        facts = known(record)
        self.whole: dict[str, Kind] = {}
        """Compact forms that stand with any separators between."""
        self.words: dict[str, Kind] = {}
        """Single words: these alone have slips, and case matters for those that are other words, too."""
        self.initials: set[str] = set()
        for number, kind in facts.numbers:
            self.whole.update(dict.fromkeys(number_forms(number, kind), kind))
        for street in facts.streets:
            self.whole.update(dict.fromkeys(street_forms(street), Kind.PLACE))
        for place in facts.places:
            self.words.update(dict.fromkeys(compact(place), Kind.PLACE))
        for person in facts.people:
            self.words.update(dict.fromkeys(single(person), Kind.NAME))
            self.whole.update(dict.fromkeys(joint(person), Kind.NAME))
            self.initials.update(initials(person))
        self.dates = {row for date in facts.dates for row in date_forms(*date)}
        self.date_openings = {row[0] for row in self.dates}
        self.prefixes = {
            form[:size]
            for forms in (self.whole, self.words, self.initials)
            for form in forms
            for size in range(1, len(form) + 1)
        }


def _walk(tokens: list[Token], normal: str, forms: _Forms) -> Iterator[Span]:
    prefixes = forms.prefixes
    for index, (word, start, end) in enumerate(tokens):
        if word not in prefixes:
            continue
        last = index
        while True:
            if word in forms.whole:
                yield Span(start, end, forms.whole[word], Record.name)
            elif word in forms.words:
                if _is_meant(word, index, last, tokens, normal):
                    yield Span(start, end, forms.words[word], Record.name)
            elif word in forms.initials and _are_initials(word, normal[start:end]):
                yield Span(start, end, Kind.NAME, Record.name, score=0.6)
            last += 1
            if last == len(tokens) or tokens[last][1] - end > GAP:
                break
            word += tokens[last][0]
            if word not in prefixes:
                break
            end = tokens[last][2]


def _is_meant(word: str, first: int, last: int, tokens: list[Token], normal: str) -> bool:
    """Whether a name that may be another word is the name here."""
    start = tokens[first][1]
    if last > first or (len(word) > 2 and word not in words_in("common")):
        return True
    if first and tokens[first - 1][0] in words_in("titles"):
        return True
    if not normal[start].isupper():
        return not normal[start].islower()  # a script without capitals
    if word not in ("may", "will"):
        return True
    opens = first == 0 or re.search(r"[.!?:\n]\s*$", normal[max(0, start - 3) : start]) is not None
    follower = tokens[first + 1][0] if first + 1 < len(tokens) else ""
    return not (opens and follower in words_in("after_a_modal"))


def _are_initials(word: str, written: str) -> bool:
    return written.isupper() and ("." in written or word not in words_in("abbreviations"))


def _dates(tokens: list[Token], forms: _Forms) -> Iterator[Span]:
    for index, (word, start, _) in enumerate(tokens):
        if word not in forms.date_openings:
            continue
        row: list[str] = []
        at, before = index, start
        while at < len(tokens) and len(row) < 3 and tokens[at][1] - before <= GAP:
            part, _, before = tokens[at]
            at += 1
            if row and part in FILLERS:
                continue
            row.append(part)
            if tuple(row) in forms.dates:
                yield Span(start, before, Kind.DATE, Record.name)


def _unspaced(seen: str, forms: _Forms) -> Iterator[Span]:
    for form, kind in (forms.words | forms.whole).items():
        if _UNSPACED.search(form):
            for match in re.finditer(re.escape(form), seen):
                yield Span(*match.span(), kind, Record.name)


def _slips(seen: str, normal: str, forms: _Forms, taken: set[int]) -> Iterator[Span]:
    """Words a slip away from a name or a place. In small letters only the longer ones, which are not other words."""
    targets = [(form, set(form), slips_allowed(len(form)), kind) for form, kind in forms.words.items() if len(form) > 4]
    targets += [(form, set(form), 1, kind) for form, kind in forms.whole.items() if form.isdigit() and len(form) > 6]
    if not targets:
        return
    judged: dict[str, Kind | None] = {}
    common = words_in("common")
    for match in _WORD.finditer(seen):
        word, start = match[0], match.start()
        if start in taken or word in common:
            continue
        if not normal[start].isupper() and len(word) < 7 and word.isalpha():
            continue
        if word not in judged:
            judged[word] = _nearest(word, targets)
        if (kind := judged[word]) is not None:
            yield Span(start, match.end(), kind, Record.name, score=0.85)


def _nearest(word: str, targets: list[tuple[str, set[str], int, Kind]]) -> Kind | None:
    letters, size = set(word), len(word)
    for form, others, slips, kind in targets:
        # Each slip adds at most one letter to either side's set: a cheap no for nearly all words.
        if abs(size - len(form)) <= slips and len(letters ^ others) <= 2 * slips and within(word, form, slips):
            return kind
    return None

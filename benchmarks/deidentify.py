"""What de-identification finds, misses and spoils, and how fast: ours, and Presidio's on the same text in the same run.

    python -m benchmarks.deidentify                       # the generator's evaluation side
    python -m benchmarks.deidentify --corpus notes.json   # text of your own

Presidio needs `uv sync --group peers`; without it our half is printed alone. It runs with all its predefined English
recognisers, each at any score, and with its list of public suffixes pinned: unpatched, its e-mail recogniser asks the
internet. It uses the spaCy pipeline that `--presidio-model` names, if the environment has one; the package index has
none, so by default it is without, as it would be where nothing may be downloaded: then it finds no names and no places,
and its speed is that of its patterns alone. A corpus is a JSON list of

    {"text": "…", "locale": "de", "spans": [{"start": 0, "end": 4, "kind": "NAME"}], "negatives": [[10, 19]]}

in code points, with the kinds of guard/identifiers.py; `locale` and `negatives` may be left out. Spans of other kinds
are neither asked for nor held against anybody.

*Recall*: identifiers of which every letter and digit is covered, whatever by, because that is what stays out of the
prompt; beside it the lower bound of the 95 % Wilson interval. *Precision*: findings of that kind that touch anything
marked. *Spoilt*: hard negatives that are touched. *Characters a second* twice: each text read once, by a process that
has met few words before; and once more, when it has met them all. A gateway is nearer to the second.
"""

import argparse
import json
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.detectors.tagger import Tagger
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context
from model_images.gateway.training import names
from model_images.gateway.training.generator import generate

Found = tuple[int, int, str]
"""Start, end and kind."""
Finder = Callable[[str, str], Iterable[Found]]
"""Findings in a text of a locale."""
LETTERS = re.compile(r"[^\W_]")
JURISDICTIONS = {"en-US": "us", "en-GB": "uk", "es": "eu", "it": "eu", "nl": "eu"}
PRESIDIO_KINDS = {
    "PERSON": "NAME", "LOCATION": "PLACE", "DATE_TIME": "DATE", "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL",
    "US_SSN": "SSN", "IBAN_CODE": "ACCOUNT", "US_BANK_NUMBER": "ACCOUNT", "US_DRIVER_LICENSE": "LICENCE",
    "MEDICAL_LICENSE": "LICENCE", "URL": "URL", "IP_ADDRESS": "IP", "CREDIT_CARD": "CARD", "MAC_ADDRESS": "DEVICE",
    "UUID": "DEVICE", "US_MBI": "NATIONAL",
}  # fmt: skip
"""Presidio's entities by our kinds; its national numbers are NATIONAL, whatever else it names is OTHER."""


@dataclass(frozen=True)
class Labelled:
    """A text and what is in it."""

    text: str
    spans: Sequence[Found]
    negatives: Sequence[tuple[int, int]] = ()
    locale: str = ""


@dataclass
class Score:
    """What a finder did on a corpus."""

    wanted: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    negatives: int = 0
    spoilt: int = 0
    characters: int = 0
    seconds: float = 0.0
    again: float = 0.0
    """Seconds of the second reading."""

    def add(self, labelled: Labelled, findings: Sequence[Found]) -> None:
        """Counts one text."""
        stripped, marked = bytearray(len(labelled.text)), bytearray(len(labelled.text))
        for start, end, _ in findings:
            stripped[start:end] = b"\1" * (end - start)
        for start, end, kind in labelled.spans:
            marked[start:end] = b"\1" * (end - start)
            letters = [start + match.start() for match in LETTERS.finditer(labelled.text[start:end])]
            if kind in Kind.__members__ and letters:
                self.wanted[kind] += 1
                self.covered[kind] += all(stripped[at] for at in letters)
        for start, end, kind in findings:
            self.found[kind] += 1
            self.right[kind] += any(marked[start:end])
        for start, end in labelled.negatives:
            self.negatives += 1
            self.spoilt += any(stripped[start:end])


def wilson(successes: int, trials: int, z: float = 1.96) -> float:
    """Lower bound of the 95 % Wilson score interval (Wilson, JASA 22:209, 1927)."""
    if not trials:
        return 0.0
    share, square = successes / trials, z * z
    middle = share + square / (2 * trials)
    spread = z * math.sqrt((share * (1 - share) + square / (4 * trials)) / trials)
    return max(0.0, (middle - spread) / (1 + square / trials))


def ours() -> Finder:
    """Our detectors, joined as the guard joins them; no record is sent, so nothing is known beforehand."""
    deidentifier = Deidentifier([Record(), Patterns(), Tagger()])

    def find(text: str, locale: str) -> Iterable[Found]:
        context = Context(locale=JURISDICTIONS.get(locale, locale))
        return [(span.start, span.end, span.kind.value) for span in deidentifier.find(text, context)]

    return find


def presidio(model: str = "") -> Finder | None:
    """Presidio with its predefined recognisers and the named spaCy pipeline; None where it is not installed."""
    try:
        tldextract: Any = import_module("tldextract")
        analysis = import_module("presidio_analyzer")
        engines = import_module("presidio_analyzer.nlp_engine")
    except ImportError:
        return None
    logging.disable(logging.WARNING)
    # The recogniser calls `tldextract.extract`, which fetches the list of public suffixes from two hosts.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    named = model or "no_op"
    using = {
        "nlp_engine_name": "spacy" if model else "no_op",
        "models": [{"lang_code": "en", "model_name": named}],
    }
    engine = engines.NlpEngineProvider(nlp_configuration=using).create_engine()
    analyzer = analysis.AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])

    def find(text: str, locale: str) -> Iterable[Found]:  # noqa: ARG001 it has no other language without a model
        return [(result.start, result.end, _kind(result.entity_type)) for result in analyzer.analyze(text, "en")]

    return find


def _kind(entity: str) -> str:
    if entity in PRESIDIO_KINDS:
        return PRESIDIO_KINDS[entity]
    return "NATIONAL" if re.match(r"(UK|US|DE|FR|ES|IT|NL|IN|AU|CA|SG|PL|KR|FI|TR|SE|NG|TH)_", entity) else "OTHER"


def measured(finder: Finder, corpus: Sequence[Labelled]) -> Score:
    """A score; the first text is read once before, so that starting is not in the time."""
    score = Score()
    list(finder(corpus[0].text, corpus[0].locale))
    for labelled in corpus:
        start = time.perf_counter()
        findings = list(finder(labelled.text, labelled.locale))
        score.seconds += time.perf_counter() - start
        score.characters += len(labelled.text)
        score.add(labelled, findings)
    start = time.perf_counter()
    for labelled in corpus:
        list(finder(labelled.text, labelled.locale))
    score.again = time.perf_counter() - start
    return score


def generated(samples: int, locales: Sequence[str], seed: int) -> list[Labelled]:
    """The generator's evaluation side: no template, name or place of it was trained on."""
    return [
        Labelled(sample.text, [(s.start, s.end, s.kind.value) for s in sample.spans], sample.negatives, locale)
        for locale in locales
        for sample in generate(seed, samples, "evaluation", locale)
    ]


def read(path: Path) -> list[Labelled]:
    """A corpus of the caller's own."""
    return [
        Labelled(
            entry["text"],
            [(span["start"], span["end"], span["kind"]) for span in entry["spans"]],
            [(start, end) for start, end in entry.get("negatives", ())],
            entry.get("locale", ""),
        )
        for entry in json.loads(path.read_text("utf-8"))
    ]


def _figures(score: Score, kind: str) -> list[str]:
    wanted, covered = score.wanted[kind], score.covered[kind]
    recall = covered / wanted
    precision = score.right[kind] / score.found[kind] if score.found[kind] else 0.0
    f1 = 2 * recall * precision / (recall + precision) if recall + precision else 0.0
    return [f"{recall:.3f}", f"{wilson(covered, wanted):.3f}", f"{precision:.3f}", f"{f1:.3f}"]


def report(title: str, scores: dict[str, Score]) -> None:
    """Prints a corpus's table."""
    print(f"\n{title}")
    one = next(iter(scores.values()))
    head = [f"{name} {figure}" for name in scores for figure in ("recall", "low", "prec", "F1")]
    print("  ".join([f"{'kind':10}", f"{'n':>6}", *(f"{column:>15}" for column in head)]))
    for kind in sorted(one.wanted):
        row = [figure for score in scores.values() for figure in _figures(score, kind)]
        print("  ".join([f"{kind:10}", f"{one.wanted[kind]:>6}", *(f"{figure:>15}" for figure in row)]))
    for name, score in scores.items():
        rate, known = score.characters / score.seconds, score.characters / score.again
        spoilt = f"{score.spoilt}/{score.negatives}" if score.negatives else "none marked"
        print(f"{name}: hard negatives spoilt {spoilt}; {rate:,.0f} characters a second, {known:,.0f} again")
    if len(scores) > 1:
        first, second = list(scores.values())[:2]
        print(f"ratio of speed: {second.seconds / first.seconds:.1f}, again {second.again / first.again:.1f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", default=[], help="instead of generated text")
    parser.add_argument("--samples", type=int, default=150, help="generated texts by locale")
    parser.add_argument("--locale", action="append", choices=names.LOCALES, default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--alone", action="store_true", help="without Presidio")
    parser.add_argument("--presidio-model", default="", help="a spaCy pipeline that is installed here")
    arguments = parser.parse_args()
    finders: dict[str, Finder] = {"ours": ours()}
    if arguments.presidio_model and find_spec(arguments.presidio_model) is None:
        parser.error(f"{arguments.presidio_model} is not installed here; Presidio would try to download it")
    peer = None if arguments.alone else presidio(arguments.presidio_model)
    if peer is not None:
        finders["presidio"] = peer
        if not arguments.presidio_model:
            print("presidio runs without a language model: it looks for no names and no places")
    elif not arguments.alone:
        print("presidio is not installed (uv sync --group peers): ours alone")
    corpora = {str(path): read(path) for path in arguments.corpus}
    if not corpora:
        locales = arguments.locale or names.LOCALES
        corpora = {f"generated, {locale}": generated(arguments.samples, [locale], arguments.seed) for locale in locales}
    for title, corpus in corpora.items():
        report(title, {name: measured(finder, corpus) for name, finder in finders.items()})


if __name__ == "__main__":
    main()

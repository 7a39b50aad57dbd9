"""How fast identifiers are found: milliseconds for 1,000 characters, and how the time grows with hostile texts.

    python -m benchmarks.deidentify_speed

A note is prose with an identifier in about every second line; `dense` is a page of nothing but identifiers.
"""

import time
from collections.abc import Callable
from functools import partial

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.spans import Context

NOTE = (
    "Mr John Hartwell was seen in clinic on 12 March 2024 with two weeks of worsening breathlessness and ankle "
    "swelling. He sleeps on three pillows and has had no chest pain, palpitations or syncope; he gave up smoking some "
    "years ago. On examination BP 132/84, HR 88 irregular, RR 18, SpO2 95% on air. JVP raised, bibasal crackles, "
    "pitting oedema. Na 138, K 4.6, creatinine 118 umol/L, eGFR 52, NT-proBNP 2,450 ng/L, Hb 128 g/L. ECG: atrial "
    "fibrillation, rate 90. Furosemide 40 mg od was started, apixaban 5 mg bd continued, and bisoprolol increased to "
    "3.75 mg. NHS 943 476 5919. Echo is booked; he can be reached on 020 7946 0958, and will be reviewed in six weeks "
    "by the heart failure nurses. "
)
DENSE = (
    "MRN: 00412873 DOB 12/03/1957 tel (217) 555-0142 fax 217-555-0100 j@example.org 219-09-9999 12 Elm Street "
    "IL 62704. "
)
RECORD = {
    "names": [{"given": ["John", "Quincy"], "family": "Hartwell"}],
    "relatives": [{"given": "Anne-Marie", "family": "O'Brien"}, "Wojciechowska, Katarzyna"],
    "birth_date": "1957-03-12",
    "dates": ["2024-03-12", "2024-04-23"],
    "addresses": [{"lines": ["12 Elm Street"], "city": "Leeds", "postcode": "LS2 9JT"}],
    "ids": ["943 476 5919", "MRN-00123456"],
    "phones": ["+44 20 7946 0958"],
    "emails": ["j.hartwell@example.org"],
}
HOSTILE = ("a@", "1 ", "1.", "http://a", "a.com.", "MRN ", "SNOMED 1234567 7654321 ", "Aa St ", "e\u0301", "12 Aa ")


def fastest(work: Callable[[], object], rounds: int = 30) -> float:
    """Seconds of the fastest round: the machine is shared."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def main() -> None:
    """Print the figures."""
    patterns, context = Patterns(), Context(record=RECORD)
    started = time.process_time()
    patterns.find(normalise.text("warm"), Context())
    print(f"compiled once, in {time.process_time() - started:.1f} s of processor time")
    parts = {
        "patterns": lambda original: patterns.find(normalise.text(original), Context()),
        "record": lambda original: Record().find(normalise.text(original), context),
        "both, joined": lambda original: Deidentifier([Record(), patterns]).find(original, context),
    }
    for name, text in (("note", (NOTE * 4)[:2000]), ("dense", (DENSE * 20)[:2000])):
        for part, work in parts.items():
            took = fastest(partial(work, text))
            print(f"{name:6} {part:13} {took * 1e6 / len(text):6.3f} ms per 1,000 characters")
    print("time of a text ten times as long, in times (10 is linear):")
    for unit in HOSTILE:
        short, long = (normalise.text(unit * (size // len(unit))) for size in (5_000, 50_000))
        growth = fastest(partial(patterns.find, long, Context()), 3) / fastest(
            partial(patterns.find, short, Context()), 3
        )
        print(f"  {unit.strip()[:20]!r:24} {growth:5.1f}")


if __name__ == "__main__":
    main()

"""What tokens cost: a surrogate by FF1, a token minted in each store, an answer restored whole and streamed."""

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.token_database import shared_vault
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.conversation import Conversation, Tokens
from model_images.gateway.guard.tokens.ff1 import FF1
from model_images.gateway.guard.tokens.fields import Fields
from model_images.gateway.guard.tokens.keys import Keys, Purpose
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.surrogates import Mode
from model_images.gateway.guard.tokens.vault import Store, Vault

SENTENCE = (
    "{} was seen on {} for follow-up of hypertension and type 2 diabetes; blood pressure 138/84, HbA1c 7.1 %, "
    "creatinine stable. Continue metformin 500 mg twice daily, review in three months. "
)
CHUNK = 4
"""Characters, about one token of a model."""


def seconds(work: Callable[[], object], times: int) -> float:
    """The best of three runs, for one call."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter()
        for _ in range(times):
            work()
        best = min(best, (time.perf_counter() - begun) / times)
    return best


def note(sentences: int) -> tuple[str, list[Span]]:
    """A text with a name and a date in each sentence."""
    text, spans = "", []
    for number in range(sentences):
        name, day = f"Ann Example{number}", f"2021-03-{number % 28 + 1:02}"
        start = len(text)
        text += SENTENCE.format(name, day)
        spans.append(Span(start, start + len(name), Kind.NAME, "record"))
        begin = text.index(day, start)
        spans.append(Span(begin, begin + len(day), Kind.DATE, "pattern"))
    return text, spans


def stream(talk: Conversation, text: str) -> None:
    """An answer in chunks of a token each."""
    restorer = talk.restorer()
    for start in range(0, len(text), CHUNK):
        restorer.feed(text[start : start + CHUNK])
    restorer.close()


def minted(tokens: Tokens, text: str, spans: list[Span], names: Iterator[int] | None) -> None:
    """A new conversation with the text's tokens."""
    name = f"{id(names)}-{next(names)}" if names else None
    talk = tokens.conversation(tenant="north", use_case="letters", conversation=name, patient="p-1")
    talk.pseudonymised(text, spans, Mode.PROSE)


def main() -> None:
    """Print microseconds for each."""
    keys = Keys({(purpose, "north", 1): os.urandom(32) for purpose in Purpose})
    ff1, numerals = FF1(os.urandom(32), 10), [1, 2, 3, 4, 5, 6, 7, 8, 9]
    fields = Fields(keys.current(Purpose.SURROGATES, "north"))
    print(
        f"FF1, nine digits                     {seconds(lambda: ff1.encrypt(numerals, b'tweak'), 2000) * 1e6:8.1f} µs"
    )
    plain = seconds(lambda: fields.encrypted("123456789", kind="RECORD"), 500) * 1e6
    print(f"surrogate, nine digits, proved back  {plain:8.1f} µs")
    mixed = seconds(lambda: fields.encrypted("AB123456C", kind="RECORD"), 500) * 1e6
    print(f"surrogate, letters and digits        {mixed:8.1f} µs")

    with tempfile.TemporaryDirectory() as folder, shared_vault() as shared:
        stores: dict[str, Store | None] = {
            "one request, no vault": None,
            "vault in memory": SqliteStore(None),
            "vault in a file": SqliteStore(Path(folder) / "tokens.db"),
            "vault in PostgreSQL": shared,
        }
        for words, store in stores.items():
            tokens = Tokens(keys, Vault(keys, store or SqliteStore(None)))
            for size in (1, 10):
                text, spans = note(size)
                names = itertools.count() if store else None
                cost = seconds(partial(minted, tokens, text, spans, names), 20) * 1e6
                print(f"{len(spans):3} tokens, {len(text) / 1000:4.1f} kB, {words:<22} {cost:8.1f} µs")

    talk = Tokens(keys, Vault(keys, SqliteStore(None))).conversation(tenant="north", use_case="letters", patient="p-1")
    text, spans = note(10)
    out = talk.pseudonymised(text, spans)
    whole = seconds(lambda: talk.restored(out), 50)
    print(f"restored, whole                      {whole * 1e6 / (len(out) / 1000):8.1f} µs/kB")
    for run in ("[", "[[NAME ", "2022-0"):
        small, large = (seconds(partial(talk.restored, run * (size // len(run))), 3) for size in (20_000, 200_000))
        print(f"restored, a run of {run!r:<18}{small * 1e6 / 20:8.1f} µs/kB, {large / small:5.1f} times for ten times")
    streamed = seconds(lambda: stream(talk, out), 5)
    print(f"restored, streamed                   {streamed * 1e6 / (len(out) / CHUNK):8.1f} µs/chunk of {CHUNK}")


if __name__ == "__main__":
    main()

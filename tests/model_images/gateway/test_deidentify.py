"""How detectors are run: none that errs or is late lets anything pass, wherever it runs."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from model_images.gateway.guard.deidentify import Deidentify, Find
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.refusal import GuardFailed
from model_images.gateway.guard.spans import Context, Span

SPAN = Span(0, 4, Kind.NAME, "tagger")
HERE = 100
"""Characters that are read on the event loop in these tests."""


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    """Threads for what takes long."""
    with ThreadPoolExecutor(1) as made:
        yield made


def read(find: Find, executor: ThreadPoolExecutor, text: str, context: Context | None = None) -> Sequence[Span]:
    """What is found in a text, within a twentieth of a second."""
    guard = Deidentify(find, executor, seconds=0.05, at_once=HERE)
    return asyncio.run(guard.read(text, context or Context()))


class TestAShortTextIsReadWhereItIs:
    """To hand it over costs more than to read it; a long one would keep all others waiting."""

    @pytest.mark.parametrize(
        ("text", "context", "here"),
        [
            ("x" * HERE, Context(), True),
            ("x" * (HERE + 1), Context(), False),
            ("x", Context(record={"names": ["Anna"]}), False),
        ],
    )
    def test_and_one_that_takes_long_is_not(
        self, executor: ThreadPoolExecutor, text: str, context: Context, *, here: bool
    ) -> None:
        seen: list[bool] = []

        def find(_text: str, _context: Context) -> Sequence[Span]:
            seen.append(threading.current_thread() is threading.main_thread())
            return (SPAN,)

        assert read(find, executor, text, context) == (SPAN,)
        assert seen == [here]

    def test_nowhere_unless_that_was_said(self, executor: ThreadPoolExecutor) -> None:
        seen: list[bool] = []

        def find(_text: str, _context: Context) -> Sequence[Span]:
            seen.append(threading.current_thread() is threading.main_thread())
            return ()

        asyncio.run(Deidentify(find, executor).read("", Context()))
        assert seen == [False]


@pytest.mark.parametrize("size", [1, HERE + 1])
class TestADetectorThatFailsEndsTheRequest:
    """In a thread of its own or not: the same refusal, without the detector's words."""

    def test_one_that_throws(self, executor: ThreadPoolExecutor, size: int) -> None:
        def find(text: str, _context: Context) -> Sequence[Span]:
            raise ValueError(text)

        with pytest.raises(GuardFailed) as failed:
            read(find, executor, "Z" * size)
        assert "Z" not in f"{failed.value} {failed.value.__cause__}"

    def test_one_that_is_late(self, executor: ThreadPoolExecutor, size: int) -> None:
        def find(_text: str, _context: Context) -> Sequence[Span]:
            time.sleep(0.1)
            return (SPAN,)

        with pytest.raises(GuardFailed) as failed:
            read(find, executor, "x" * size)
        assert failed.value.code == "de-identify.timeout"

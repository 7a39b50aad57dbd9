"""What is written down of a fault says where and of which kind, and nothing of what a patient's note said."""

import json
import logging
import sys

from hypothesis import given
from hypothesis import strategies as st

from model_images.vllm.words import Words

SECRET = "Zebediah Hartwell"


def fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise RuntimeError(f"{SECRET} again") from error


def record(level: int, message: str, *arguments: object, caught: bool = False) -> logging.LogRecord:
    info = None
    if caught:
        try:
            fail()
        except RuntimeError:
            info = sys.exc_info()
    return logging.LogRecord("vllm.engine", level, "/x/engine.py", 7, message, arguments, info)


class TestNoLineHoldsAPrompt:
    """Exceptions quote what they could not parse; loggers are handed whole requests."""

    def test_neither_an_exceptions_words_nor_its_causes(self) -> None:
        line = Words().format(record(logging.ERROR, "failed", caught=True))
        assert SECRET not in line
        told = json.loads(line)
        assert told["kinds"] == ["RuntimeError", "ValueError"]
        assert told["frames"][-1].rpartition(":")[0].endswith("test_words.py")

    def test_nor_a_messages_arguments(self) -> None:
        line = Words().format(record(logging.WARNING, "request %s was slow", SECRET))
        assert SECRET not in line
        assert json.loads(line)["message"] == "request %s was slow"

    def test_nor_an_error_whose_author_put_it_in_before(self) -> None:
        assert SECRET not in Words().format(record(logging.ERROR, f"bad request: {SECRET}"))

    @given(st.text(max_size=400), st.sampled_from([logging.WARNING, logging.ERROR]))
    def test_each_is_one_line_of_json(self, message: str, level: int) -> None:
        line = Words().format(record(level, message))
        assert "\n" not in line
        assert json.loads(line)["level"] == logging.getLevelName(level)

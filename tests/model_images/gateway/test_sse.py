"""Events come whole, whatever the network makes of their pieces."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.sse import MOST, BadStream, Events, event

DATA = st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3), max_size=6)


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    edges = sorted(place % (len(raw) + 1) for place in places)
    return [raw[start:end] for start, end in zip([0, *edges], [*edges, len(raw)], strict=True)]


class TestPiecesMayEndAnywhere:
    """Inside a character, between the two ends of a line, after nothing."""

    @given(
        DATA, st.lists(st.integers(0, 10**6), max_size=12), st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "x"])
    )
    def test_what_was_sent_comes_out(self, sent: list[dict[str, str]], places: list[int], end: str, name: str) -> None:
        texts = [json.dumps(one, ensure_ascii=False) for one in sent]
        head = f"event: {name}{end}" if name else ""
        raw = "".join(f": a comment{end}{head}data: {text}{end}{end}" for text in texts).encode()
        events = Events()
        got = [data for piece in cut(raw, places) for data in events.feed(piece)]
        assert got == texts
        assert events.whole

    def test_an_event_without_its_end_is_none(self) -> None:
        events = Events()
        assert list(events.feed(b"data: half")) == []
        assert not events.whole

    def test_data_in_several_lines_is_one(self) -> None:
        assert list(Events().feed(b"data: a\ndata: b\n\n")) == ["a\nb"]


class TestWhatIsNoStreamIsRefused:
    """And not held in memory for ever."""

    def test_one_without_end(self) -> None:
        with pytest.raises(BadStream):
            list(Events().feed(b"data: " + b"x" * (MOST + 1)))

    def test_broken_utf_8(self) -> None:
        with pytest.raises(BadStream):
            list(Events().feed(b"data: \xff\xfe\n\n"))


class TestAnEventIsReadAsItWasWritten:
    """By the same rules."""

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), st.sampled_from(["", "error"]))
    def test_with_a_name_or_without(self, data: str, name: str) -> None:
        assert list(Events().feed(event(data, name))) == [data]

"""The way back: each text of an answer is checked for what was not asked, its tokens are restored, or it is blocked.

A whole answer is read as a whole. A streamed one goes through a channel for each text that comes in pieces; what a
channel holds back is a part that could still become a token or an identifier, and nothing else.
"""

import re
from collections.abc import Callable
from typing import Any, Protocol

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.slots import Form, Walk
from model_images.gateway.guard.upstream import gone

_RANDOM = re.compile(r"[0-9a-f]{8,64}")


class Channel(Protocol):
    """One text that comes in pieces. Both raise Refused."""

    def feed(self, piece: str) -> str:
        """What may go out now."""

    def close(self) -> str:
        """The rest."""


class Chain:
    """Channels behind one another."""

    def __init__(self, *channels: Channel) -> None:
        self._channels = channels

    def feed(self, piece: str) -> str:
        """Through all of them."""
        for channel in self._channels:
            piece = channel.feed(piece)
        return piece

    def close(self) -> str:
        """The first's rest goes through the second, and so on."""
        rest = ""
        for channel in self._channels:
            rest = channel.feed(rest) + channel.close()
        return rest


class Reader:
    """What is done to the texts of one answer."""

    def __init__(self, whole: Callable[[str], str], channel: Callable[[bool], Channel], tools: frozenset[str]) -> None:
        """`channel(arguments)`: a new one, for JSON in pieces or for prose. `tools`: names that may be called."""
        self.whole, self.channel, self._tools = whole, channel, tools

    def read(self, walk: Walk) -> None:
        """Every text of a body that has been walked. Raises Refused."""
        for slot in sorted(walk.slots, key=lambda one: one.is_key):
            if slot.form is Form.FIXED and not slot.is_key:
                self.tool(slot.text)
            else:
                slot.write(self.whole(slot.text))
        walk.finish()

    def tool(self, name: str) -> None:
        """A name that the request has not offered is no tool's."""
        if name not in self._tools:
            raise unlike()


def unlike() -> Refused:
    """The refusal of an answer that has not the form of its endpoint."""
    return gone("answer-malformed", "The model's answer has not the form that it must have.")


def owner(answer_id: str) -> str:
    """What sets the ids of one answer apart from those of another: the end of the random part of its own."""
    found = _RANDOM.search(answer_id)
    return found[0][-12:] if found else ""


def counts(usage: Any) -> tuple[int, int]:  # noqa: ANN401 JSON of others
    """Tokens of input and output, from either endpoint's words; noughts where nothing is said."""
    if not isinstance(usage, dict):
        return 0, 0
    told = usage.get("prompt_tokens", usage.get("input_tokens"))
    made = usage.get("completion_tokens", usage.get("output_tokens"))
    return int(told or 0), int(made or 0)

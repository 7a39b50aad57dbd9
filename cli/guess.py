"""What a mistyped word may have meant."""

from collections.abc import Sequence
from difflib import get_close_matches

import click


def meant(word: str, known: Sequence[str]) -> str:
    """` Did you mean x?`, or nothing."""
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else ""


class OneOf(click.Choice[str]):
    """A choice that guesses what a mistyped word meant."""

    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        """Click's own words, and the guess."""
        return super().get_invalid_choice_message(value, ctx) + meant(str(value), self.choices)

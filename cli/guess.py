"""What a mistyped word may have meant."""

from collections.abc import Sequence
from difflib import get_close_matches


def meant(word: str, known: Sequence[str]) -> str:
    """` Did you mean x?`, or nothing."""
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f" Did you mean {near[0]}?" if near else ""

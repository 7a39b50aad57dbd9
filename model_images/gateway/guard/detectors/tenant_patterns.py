"""A tenant's own expressions: what may be asked, and their matcher. Each match is stripped as OTHER.

Vectorscan's syntax: no back-references nor look-around, so nothing that could run away. Text is matched without the
marks of its letters. Compiled per set of patterns and kept for a few tenants at a time.
"""

import time
from collections.abc import Sequence
from functools import lru_cache

import hyperscan

from model_images.gateway.guard.detectors.folding import LETTER, SIGN, folded
from model_images.gateway.guard.detectors.matcher import Matcher

MOST_PATTERNS, LONGEST_PATTERN = 64, 256
SLOWEST_COMPILE = 2.0
"""Seconds of the processor, for all of one tenant's."""


class PatternRefused(ValueError):
    """A tenant's expression is not one that can be run on every request."""


def check(patterns: Sequence[tuple[str, str]]) -> None:
    """Raise unless all of `patterns`, name and expression, can be run. For when settings are read."""
    if len(patterns) > MOST_PATTERNS:
        raise PatternRefused(f"{len(patterns)} patterns; at most {MOST_PATTERNS} are run")
    started = time.process_time()
    for name, expression in patterns:
        if not name or len(expression) > LONGEST_PATTERN:
            raise PatternRefused(f"pattern '{name}': needs a name, and at most {LONGEST_PATTERN} characters")
        if LETTER in folded(expression) or SIGN in folded(expression):
            raise PatternRefused(f"pattern '{name}': only letters of Latin script and ASCII's signs can be told apart")
        try:
            Matcher([(folded(expression), True)])
        except (hyperscan.HyperscanError, UnicodeEncodeError) as refused:
            raise PatternRefused(
                f"pattern '{name}' does not compile, or matches nothing at all: {refused}"
            ) from refused
    if patterns:
        matcher_of(tuple(patterns))
    if (took := time.process_time() - started) > SLOWEST_COMPILE:
        raise PatternRefused(f"the patterns take {took:.1f} s to compile; at most {SLOWEST_COMPILE} are allowed")


@lru_cache(maxsize=256)
def matcher_of(patterns: tuple[tuple[str, str], ...]) -> Matcher:
    """The matcher of one tenant's patterns, in their order."""
    return Matcher([(folded(expression), True) for _, expression in patterns])

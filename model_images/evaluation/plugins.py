"""A scorer of a team's own: one Python file, run only where it has the digest that the suite names.

Not by dotted path: what an import finds is whatever lies on the path that day. The file is read once, hashed, and
compiled from the bytes that were hashed. It runs with this process's rights: whoever names the digest answers for it.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from types import ModuleType

Scorer = Callable[[str, str, dict[str, object]], float]
FUNCTION = "score"


class BadScorer(ValueError):
    """A scorer that is not what the suite names, or gives what is no share."""


@lru_cache(maxsize=64)
def scorer(file: str, sha256: str) -> Scorer:
    """The file's `score(answer, lang, with)`. Raises BadScorer."""
    try:
        raw = Path(file).read_bytes()
    except OSError as error:
        raise BadScorer(f"{file}: {error.strerror}") from error
    if (found := hashlib.sha256(raw).hexdigest()) != sha256:
        raise BadScorer(f"{file} has SHA-256 {found}, the suite names {sha256}: it is not run")
    module = ModuleType(f"scorer_{sha256[:12]}")
    exec(compile(raw, file, "exec"), module.__dict__)  # noqa: S102 pinned by its digest, from the bytes that were hashed
    own = getattr(module, FUNCTION, None)
    if not callable(own):
        raise BadScorer(f"{file} has no function `{FUNCTION}`")

    def scored(answer: str, lang: str, given: dict[str, object]) -> float:
        share = own(answer, lang, given)
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise BadScorer(f"{file} gave {share!r}; a share is from 0 to 1")
        return float(share)

    return scored

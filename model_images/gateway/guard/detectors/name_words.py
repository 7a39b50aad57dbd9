"""Lists of words that tell names from other words: name_words/*.txt, one list a file, `#` for comments."""

from functools import cache
from pathlib import Path

from model_images.gateway.guard.detectors.folding import small

FOLDER = Path(__file__).with_name("name_words")


@cache
def words_in(name: str) -> frozenset[str]:
    """The list `name`, bare and in small letters."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(small(word) for line in lines if not line.startswith("#") for word in line.split())

"""What is gathered of each word for the dictionary, in every way that the word is typed."""

import re
import unicodedata
from collections.abc import Iterable

LATIN = re.compile(
    r"[a-zßœàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿāăąćčďđēęěğģīįıķļłńňőœŕřśşšťūůűųźżžșțơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ'’.-]+"
)


def plain(word: str) -> str:
    """Without accents, as typed on a keyboard that has none; `ß` becomes `ss`."""
    decomposed = unicodedata.normalize(
        "NFD", word.replace("ß", "ss").replace("œ", "oe").replace("ø", "o").replace("ł", "l")
    )
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def umlauts_spelt(word: str) -> str:
    """As Germans write where the letters are missing: Mueller."""
    return word.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")


def latin(words: Iterable[str]) -> list[str]:
    """In lower case, without those in other scripts; order kept, each once."""
    lowered = (unicodedata.normalize("NFC", word).lower().strip() for word in words)
    return list(dict.fromkeys(word for word in lowered if len(word) > 1 and LATIN.fullmatch(word)))


class Facts:
    """Gathers the highest level of each fact by word."""

    def __init__(self) -> None:
        self.words: dict[str, int] = {}

    def level(self, word: str, shift: int, level: int, mask: int = 3) -> None:
        """Raise a level, in every way that the word is typed."""
        for form in {word, plain(word), umlauts_spelt(word)}:
            facts = self.words.get(form, 0)
            if (facts >> shift) & mask < level:
                self.words[form] = facts & ~(mask << shift) | level << shift

    def mark(self, word: str, bit: int) -> None:
        """Set a mark."""
        for form in {word, plain(word), umlauts_spelt(word)}:
            self.words[form] = self.words.get(form, 0) | bit

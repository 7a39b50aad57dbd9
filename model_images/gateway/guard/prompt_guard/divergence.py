"""Signs that a model recites or has derailed: loops, keys, and links that would carry data away.

Nasr et al., Scalable Extraction of Training Data from (Production) Language Models, arXiv:2311.17035: asked to repeat a
word for ever, a model loops, then diverges into what it was trained on.
"""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from model_images.gateway.guard.prompt_guard.decoders import GUARD
from model_images.gateway.guard.refusal import Refused

PERIOD = 16
"""Words of the longest loop that is noticed."""
LOOP = 96
"""Words that repeat those a period before, from which on it is a loop; columns of a table are shorter."""
WORD = 4_096
"""Characters of one word: longer ones are no answer."""
KEY = 40
"""Characters of base64 in a row that are a key; SHA-256 and UUIDs, of one kind of letters, are none."""
KEYLIKE, KEYS = 20, 4
"""So many characters look like one, and so many such words are a list of keys."""

HOST = 48
"""Characters of a host from which on it carries data itself."""

_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{KEYLIKE},}}")
# Forms that issuers document: AWS access keys, GitHub tokens, Slack tokens, JSON Web Tokens (RFC 7519).
_ISSUED = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{30,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"
)
_LINK = re.compile(r"\]\(\s*<?((?:https?:)?//[^)\s>]*)", re.IGNORECASE)


def carries_data(url: str) -> bool:
    """Whether somebody's data could be in a URL: a query, a fragment, a name before @, an encoded or long part."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    if parts.query or parts.username or len(parts.fragment) > 40 or "%" in parts.path:
        return True
    return any(
        len(part) > 40 or re.fullmatch(r"[A-Za-z0-9_-]*\d[A-Za-z0-9_-]{15,}", part) for part in parts.path.split("/")
    )


class Divergence:
    """Watches the words of one answer."""

    def __init__(self, known: Callable[[str], bool], hosts: frozenset[str] = frozenset()) -> None:
        self._known, self._hosts = known, hosts
        self._last = [""] * PERIOD
        self._same = [0] * (PERIOD + 1)
        self._keys = 0
        self._image = False

    def part(self, word: str, *, whole: bool = False) -> None:
        """A word so far, before any of it goes out. Raises Refused."""
        if len(word) > WORD:
            raise _no("divergence", "An answer has a word without end; it is not passed on.")
        if "-----BEGIN" in word:
            raise _no("key-material", "An answer holds a key; it is not passed on.")
        if len(word) < KEYLIKE and "](" not in word and "<" not in word:
            return
        for run in _BASE64.findall(word):
            if len(run) >= KEY and _kinds(run) >= 3 and "://" not in word and not self._known(run):
                raise _no("key-material", "An answer holds a key, or data in base64; it is not passed on.")
        if _ISSUED.search(word) and not self._known(word):
            raise _no("key-material", "An answer holds a key; it is not passed on.")
        self._links(word, whole=whole)

    def word(self, word: str) -> None:
        """A whole word. Raises Refused."""
        self.part(word, whole=True)
        if len(word) >= KEYLIKE:
            for run in _BASE64.findall(word):
                if _kinds(run) >= 3 and "://" not in word and not self._known(run):
                    self._keys += 1
            if self._keys >= KEYS:
                raise _no("key-material", "An answer lists what look like keys; it is not passed on.")
        self._loops(word)
        self._image = (self._image or "![" in word) and ")" not in word

    def _loops(self, word: str) -> None:
        if word in self._last:
            for period in range(1, PERIOD + 1):
                self._same[period] = self._same[period] + 1 if self._last[-period] == word else 0
            if max(self._same) >= LOOP:
                raise _no("divergence", "An answer repeats itself without end; it is not passed on.")
        else:
            self._same = [0] * (PERIOD + 1)
        del self._last[0]
        self._last.append(word)

    def _links(self, word: str, *, whole: bool) -> None:
        image = self._image or "![" in word
        for link in _LINK.finditer(word):
            url = link[1]
            named = whole or link.end() < len(word) or bool(re.search("[/?#]", url.partition("//")[2]))
            if not named and len(url) < HOST:
                continue  # its host is still being written
            if _host(url) not in self._hosts and (image or not named or carries_data(url)):
                raise _no("exfiltration", "An answer links to a host that is not known; it is not passed on.")
        if re.search(r"<(?:img|script|iframe|object|embed|svg|link|form)\b", word, re.IGNORECASE):
            raise _no("exfiltration", "An answer holds mark-up that loads from elsewhere; it is not passed on.")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _kinds(run: str) -> int:
    return sum(bool(re.search(kind, run)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))


def _no(what: str, words: str) -> Refused:
    return Refused(GUARD, what, words, status=502)

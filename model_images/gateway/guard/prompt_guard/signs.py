"""Which decoders are worth a try: one pass of one automaton, for most texts hold no encoding at all.

A sign is wider than what its decoder takes, never narrower; bytes from 0x80 stand for any letter or sign beyond ASCII.
"""

import threading

import hyperscan

SIGNS: dict[str, bytes] = {
    "hidden": rb"[\x80-\xff]",
    "entities": rb"&[#a-z]",
    "percent": rb"%[0-9a-f]{2}",
    "escapes": rb"\\[ux0-3]",
    "quoted-printable": rb"=[0-9a-f]{2}",
    "base64": rb"[a-z0-9+/_-]{11}",
    "base32": rb"[a-z2-7]{16}",
    "hex": rb"[0-9a-f]{10}|(?:[0-9a-f]{2}[ :,-](?:0x)?){4}",
    "codes": rb"[0-9]{2,3}(?:[ ,;-]{1,2}[0-9]{2,3}){5}|[01]{8} ?[01]{8}",
    "morse": rb"(?:[._\x80-\xff-]{1,15}[ /|]{1,3}){4}",
    # A letter by itself five times; in other scripts it has up to four bytes.
    "spelled": rb"(?:^|[^a-z0-9])(?:(?:[a-z0-9]|[\xc2-\xf4][\x80-\xbf]{1,3})[ ._*|/,\xc2\xb7-]{1,8}){4}"
    rb"[a-z0-9\xc2-\xf4]",
    "leet": rb"[a-z][013457@$!|]+[a-z]|[013457@$|][a-z]{2}|[a-z]{2}[0134@$|]",
    "turned": rb"[a-z\x80-\xff]{3}",
}
_NAMES = tuple(SIGNS)
_LEAST = {"leet": 3}
_DATABASE = hyperscan.Database()
_DATABASE.compile(
    expressions=list(SIGNS.values()),
    ids=list(range(len(SIGNS))),
    flags=[hyperscan.HS_FLAG_CASELESS | (0 if name in _LEAST else hyperscan.HS_FLAG_SINGLEMATCH) for name in _NAMES],
)
_LOCAL = threading.local()


def plausible(text: str) -> list[str]:
    """Names of the decoders whose signs the text shows."""
    counts = [0] * len(_NAMES)

    def on_match(number: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        counts[number] += 1

    if not hasattr(_LOCAL, "scratch"):  # Hyperscan's scratch space serves one thread at a time
        _LOCAL.scratch = hyperscan.Scratch(_DATABASE)
    _DATABASE.scan(text.encode("utf-8", "replace"), match_event_handler=on_match, scratch=_LOCAL.scratch)
    return [name for name, count in zip(_NAMES, counts, strict=True) if count >= _LEAST.get(name, 1)]

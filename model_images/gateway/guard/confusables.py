"""Characters that look like others: the few that turn up in Latin text, and what a reader takes them for.

A choice from UTS #39 (unicode.org/Public/security/latest/confusables.txt): what NFKC leaves alone. Each pair is the
character and its Latin double, one for one, so that no offset moves.
"""


def _pairs(words: str) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in words.split()}


CYRILLIC = _pairs(
    "АA ВB ЕE ЅS ІI ЈJ КK МM НH ОO РP СC ТT УY ХX ҮY ԍG "
    "аa вb еe ѕs іi јj кk мm нh оo рp сc тt уy хx ԁd һh ԛq ԝw ѵv пn гr ӏl үy"
)
GREEK = _pairs("ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ϹC ϳj αa βb γy εe ηn ιi κk νv οo ρp τt υu χx ωw ϲc μu σo")
ARMENIAN = _pairs("ՕO ՍU ԼL ոn սu օo հh ցg զq")
OTHER_SCRIPTS: dict[str, str] = CYRILLIC | GREEK | ARMENIAN
"""Folded only in words that are otherwise Latin, or in which every letter has a Latin double."""

LATIN = _pairs("ɑa ɡg ıi ɩi ʟl ɪi ɴn ʀr ʙb ɢg ʜh ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ʏy")
"""Phonetic letters and small capitals: always folded."""

ENCLOSED: dict[str, str] = {
    chr(first + letter): chr(ord("A") + letter)
    for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
    for letter in range(26)
}
"""Letters in squares and discs, and regional indicators, which flags are spelt with."""

MARKS: dict[str, str] = (
    dict.fromkeys("‐‑‒–—―−⁃﹘﹣⸺⸻〜～־᠆", "-")
    | dict.fromkeys("‘’‚‛ʼʹʻʽ′‵´`ˈˊ＇՚׳", "'")
    | dict.fromkeys("“”„‟«»″‶〝〞״", '"')
    | dict.fromkeys("⁄∕⧸／", "/")
    | dict.fromkeys("․。｡", ".")
    | dict.fromkeys("∶︰ː꞉", ":")
    | {"\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x0b": "\n", "\x0c": "\n"}
)
"""Punctuation and line ends that stand for one of ASCII."""

"""Months and weekdays as notes write them, in the languages of the jurisdictions, and the small words of a date.

Spellings after CLDR 45 (github.com/unicode-org/cldr-json), wide and abbreviated, without accents and full stops beside
them where people drop them. The first of each list is the one that is written back.
"""

LANGUAGES = ("en", "de", "fr", "es", "it", "nl")

_WIDE = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_SHORT = {
    "en": "jan feb mar apr may jun jul aug sep oct nov dec",
    "de": "jan feb mrz apr mai jun jul aug sep okt nov dez",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "es": "ene feb mar abr may jun jul ago sep oct nov dic",
    "it": "gen feb mar apr mag giu lug ago set ott nov dic",
    "nl": "jan feb mrt apr mei jun jul aug sep okt nov dec",
}
_BESIDE = {
    "en": {"sept": 9},
    "de": {"jänner": 1, "jän": 1, "feber": 2, "maerz": 3, "mär": 3, "sept": 9},
    "fr": {"fevrier": 2, "fevr": 2, "fév": 2, "fev": 2, "jan": 1, "aout": 8, "decembre": 12, "dec": 12},
    "es": {"setiembre": 9, "sept": 9},
    "it": {"sett": 9},
    "nl": {"mar": 3, "sept": 9},
}
_DAYS_WIDE = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
}
_DAYS_SHORT = {
    "en": "mon tue wed thu fri sat sun",
    "de": "mo di mi do fr sa so",
    "fr": "lun mar mer jeu ven sam dim",
    "es": "lun mar mié jue vie sáb dom",
    "it": "lun mar mer gio ven sab dom",
    "nl": "ma di wo do vr za zo",
}

MONTHS: dict[str, dict[str, tuple[int, bool]]] = {}
"""By language: spelling in small letters → month, and whether the spelling is short."""
WEEKDAYS: dict[str, dict[str, tuple[int, bool]]] = {}
"""By language: spelling in small letters → weekday from Monday, 0, and whether the spelling is short."""
MONTH_NAMES: dict[tuple[str, bool], list[str]] = {}
WEEKDAY_NAMES: dict[tuple[str, bool], list[str]] = {}

for _language in LANGUAGES:
    _wide, _short = _WIDE[_language].split(), _SHORT[_language].split()
    MONTH_NAMES[_language, False], MONTH_NAMES[_language, True] = _wide, _short
    # Wide comes last: "may" and "mai" are whole words, not abbreviations.
    MONTHS[_language] = {
        **{name: (month, True) for name, month in _BESIDE[_language].items()},
        **{name: (number, True) for number, name in enumerate(_short, 1)},
        **{name: (number, False) for number, name in enumerate(_wide, 1)},
    }
    _wide, _short = _DAYS_WIDE[_language].split(), _DAYS_SHORT[_language].split()
    WEEKDAY_NAMES[_language, False], WEEKDAY_NAMES[_language, True] = _wide, _short
    WEEKDAYS[_language] = {
        **{name: (number, True) for number, name in enumerate(_short)},
        **{name: (number, False) for number, name in enumerate(_wide)},
    }

SMALL_WORDS = frozenset(
    {"of", "the", "on", "de", "del", "den", "der", "dem", "le", "el", "il", "op", "am", "du", "d", "l"}
)
ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "º", "ª", "e", "ste", "de"})
"""What may hang on a day's number."""

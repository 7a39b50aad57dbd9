"""Numbers that identify, drawn at random, with valid check digits.

Schemes: SSN areas 001-899 less 666 (ssa.gov); MBI (cms.gov); NHS number modulus 11 (datadictionary.nhs.uk); Steuer-ID
ISO 7064 MOD 11,10; NIR key 97 (Code de la sécurité sociale R. 161-1); DNI letter by 23; codice fiscale (DM 23/12/1976);
BSN 11-proef; IBAN ISO 13616 MOD 97-10, the national check digits inside left out; cards Luhn (ISO/IEC 7812); VIN 49 CFR
565.15.
"""

import random
import string
from collections.abc import Callable

DIGITS = string.digits
VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CF_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
CF_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
CF_ODD = dict(zip(DIGITS + string.ascii_uppercase, CF_ODD_DIGITS + CF_ODD_LETTERS, strict=True))


def digits(rng: random.Random, count: int) -> str:
    """So many digits, the first not 0."""
    return rng.choice("123456789") + "".join(rng.choices(DIGITS, k=count - 1))


def luhn(body: str) -> str:
    """The check digit of ISO/IEC 7812."""
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def card(rng: random.Random) -> str:
    """A payment card's number."""
    body = rng.choice(("4", "51", "55", "37"))
    body += "".join(rng.choices(DIGITS, k=(14 if body == "37" else 15) - len(body)))
    number = body + luhn(body)
    return rng.choice((number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))))


def ssn(rng: random.Random) -> str:
    """A US Social Security number of an area that is issued."""
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03d}-{rng.randint(1, 99):02d}-{rng.randint(1, 9999):04d}"


def vin(rng: random.Random) -> str:
    """A vehicle identification number with its check digit."""
    number = rng.choices(list(VIN_VALUES), k=17)
    rest = sum(VIN_VALUES[c] * w for c, w in zip(number, VIN_WEIGHTS, strict=True)) % 11
    number[8] = "X" if rest == 10 else str(rest)
    return "".join(number)


def iban(rng: random.Random, country: str) -> str:
    """An IBAN of a country whose account numbers are digits."""
    body = digits(rng, {"DE": 18, "ES": 20, "FR": 23, "AT": 16}[country])
    check = 98 - int(body + "".join(str(ord(c) - 55) for c in country) + "00") % 97
    number = f"{country}{check:02d}{body}"
    return rng.choice((number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))))


def nhs(rng: random.Random) -> str:
    """An NHS number."""
    while True:
        body = digits(rng, 9)
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check != 10:
            number = body + str(check % 11)
            return rng.choice((number, f"{number[:3]} {number[3:6]} {number[6:]}"))


def steuer_id(rng: random.Random) -> str:
    """A German tax identification number: of its first ten digits, one occurs twice and one not at all."""
    chosen = rng.sample(DIGITS, 9)
    body = [*chosen, rng.choice(chosen)]
    rng.shuffle(body)
    while body[0] == "0":
        rng.shuffle(body)
    product = 10
    for digit in body:
        product = ((int(digit) + product - 1) % 10 + 1) * 2 % 11
    return "".join(body) + str((11 - product) % 10)


def nir(rng: random.Random) -> str:
    """A French social security number with its key."""
    body = f"{rng.choice('12')}{rng.randint(20, 99):02d}{rng.randint(1, 12):02d}{rng.randint(21, 95):02d}"
    body += f"{rng.randint(1, 990):03d}{rng.randint(1, 999):03d}"
    return f"{body}{97 - int(body) % 97:02d}"


def dni(rng: random.Random) -> str:
    """A Spanish identity number."""
    number = digits(rng, 8)
    return number + DNI_LETTERS[int(number) % 23]


def codice_fiscale(rng: random.Random) -> str:
    """An Italian tax code of an invented person."""
    letters = "".join(rng.choices("BCDFGLMNPRSTV", k=6))
    body = f"{letters}{rng.randint(20, 99):02d}{rng.choice('ABCDEHLMPRST')}{rng.randint(1, 28):02d}"
    body += f"{rng.choice('ABCDFGHL')}{rng.randint(100, 999)}"
    even = {c: i for i, c in enumerate(string.ascii_uppercase)} | {c: i for i, c in enumerate(DIGITS)}
    total = sum(CF_ODD[c] if i % 2 == 0 else even[c] for i, c in enumerate(body))
    return body + string.ascii_uppercase[total % 26]


def bsn(rng: random.Random) -> str:
    """A Dutch citizen service number."""
    while True:
        body = digits(rng, 8)
        rest = sum(int(d) * w for d, w in zip(body, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            return body + str(rest)


def mbi(rng: random.Random) -> str:
    """A Medicare beneficiary identifier: its letters leave out S, L, O, I, B and Z."""
    letters = "ACDEFGHJKMNPQRTUVWXY"
    form = ("123456789", letters, letters + DIGITS, DIGITS, letters, letters + DIGITS, DIGITS, letters, letters)
    return "".join(map(rng.choice, form)) + "".join(rng.choices(DIGITS, k=2))


NATIONAL: dict[str, tuple[str, Callable[[random.Random], str]]] = {
    "en-US": ("us-mbi", mbi), "en-GB": ("uk-nhs", nhs), "de": ("de-steuer-id", steuer_id), "fr": ("fr-nir", nir),
    "es": ("es-dni", dni), "it": ("it-codice-fiscale", codice_fiscale), "nl": ("nl-bsn", bsn),
}  # fmt: skip
"""Scheme and maker of the national number, by locale."""

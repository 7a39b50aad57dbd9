"""Numbers that industries give: banks, card schemes, makers of vehicles and devices."""

import ipaddress
import re
import string

from model_images.gateway.guard.detectors.validators.check_digits import ean, iso_7064_mod_97_10, luhn, varied

# Lengths by country: SWIFT, IBAN Registry (release 99).
_IBAN = dict(
    re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27"
        "GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22"
        "MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28"
        "TL23TN24TR26UA29VA22VG24XK20YE30",
    )
)
_VIN_VALUES = dict(
    zip(
        string.digits + "ABCDEFGHJKLMNPRSTUVWXYZ",
        [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)],
        strict=True,
    )
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def iban(value: str) -> bool:
    """ISO 13616: the country's length, and mod 97."""
    return _IBAN.get(value[:2]) == str(len(value)) and iso_7064_mod_97_10(value[4:] + value[:4])


def card(value: str) -> bool:
    """A payment card: an issuer's range (ISO/IEC 7812), its lengths, and Luhn."""
    size, two, four = len(value), int(value[:2]), int(value[:4])
    issued = (
        (value[0] == "4" and size in (13, 16, 19))
        or (size == 16 and (51 <= two <= 55 or 2221 <= four <= 2720))
        or (size == 15 and two in (34, 37))
        or (size == 14 and (two in (36, 38, 39) or 3000 <= four <= 3059))
        or (16 <= size <= 19 and (3528 <= four <= 3589 or two in (62, 64, 65, 81) or four == 6011))
        or (12 <= size <= 19 and (two in (50, 56, 57, 58, 63, 67, 68, 60)))
    )
    return issued and luhn(value)


def vin(value: str) -> bool:
    """49 CFR 565.15(c): the ninth place checks a vehicle of North America."""
    total = sum(_VIN_VALUES[character] * weight for character, weight in zip(value, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == value[8] and varied(value)


def imei(value: str) -> bool:
    """3GPP TS 23.003: fifteen digits, Luhn; the sixteen of an IMEISV have no check."""
    return varied(value) and (len(value) == 16 or luhn(value))


def gtin(value: str) -> bool:
    """GS1's item number, in a UDI after (01)."""
    return ean(value[:14])


def ip_address(value: str) -> bool:
    """An address of version 4 or 6, as the standard library reads it."""
    try:
        ipaddress.ip_address(value.split("/")[0].split("%")[0])
    except ValueError:
        return False
    return value.count(":") != 1 and value not in ("::", "0.0.0.0")  # noqa: S104 - read, not bound


def phone(value: str) -> bool:
    """As many digits as ITU-T E.164 allows, and not one digit repeated."""
    digits = re.sub(r"\D", "", value)
    return 7 <= len(digits) <= 17 and varied(digits)


def long_number(value: str) -> bool:
    """Not a round number, as counts are."""
    return varied(value) and not value.endswith("0000")

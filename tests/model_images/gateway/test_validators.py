"""Check digits by published numbers, and by what every check digit is for: one wrong digit shows."""

import pytest

from model_images.gateway.guard.detectors.validators import VALIDATORS, holds

PUBLISHED = [
    # Worked examples of the authorities, of ISO and of Wikipedia's article on each scheme.
    ("nhs", "943 476 5919"),
    ("kvnr", "A123456780"),
    ("rentenversicherung", "15 070649 C103"),
    ("steuer_id", "86 095 742 719"),
    ("nir", "2 55 08 14 168 025 38"),
    ("ahv", "756.9217.0769.85"),
    ("dni", "54362315K"),
    ("dni", "X-2482300-W"),
    ("codice_fiscale", "RCCMNL83S18D969H"),
    ("bsn", "111222333"),
    ("rijksregister", "85.07.30-033.28"),
    ("pesel", "44051401359"),
    ("personnummer", "880320-0016"),
    ("fodselsnummer", "15108695088"),
    ("hetu", "131052-308T"),
    ("nif", "501964843"),
    ("svnr", "1237 010180"),
    ("oib", "33392005961"),
    ("cnp", "1630615123457"),
    ("rodne_cislo", "710319/2745"),
    ("isikukood", "36805280109"),
    ("ppsn", "6433435F"),
    ("ppsn", "6433435OA"),
    ("npi", "1234567893"),
    ("dea", "AB1234563"),
    ("sin", "046 454 286"),
    ("british_columbia", "9698658215"),
    ("medicare", "2123 45670 1"),
    ("ihi", "8003 6080 0000 0570"),
    ("tfn", "123 456 782"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB82 WEST 1234 5698 7654 32"),
    ("card", "4111 1111 1111 1111"),
    ("card", "3782 822463 10005"),
    ("vin", "1M8GDM9AXKP042788"),
    ("imei", "49-015420-323751-8"),
    ("gtin", "09506000134352"),
    ("itin", "912-90-3456"),
    ("ssn", "219-09-9999"),
]


class TestPublishedNumbersHold:
    """A validator that refuses what an authority prints would leave real numbers in texts."""

    @pytest.mark.parametrize(("name", "value"), PUBLISHED)
    def test_it_holds(self, name: str, value: str) -> None:
        assert holds(name, value)


class TestOneWrongDigitShows:
    """What check digits are for. Where the last digit checks, each other last digit is refused."""

    @pytest.mark.parametrize(("name", "value"), [case for case in PUBLISHED if case[0] not in ("ssn", "itin")])
    def test_another_digit_is_refused(self, name: str, value: str) -> None:
        places = [at for at, character in enumerate(value) if character.isdigit()]
        if name == "medicare":
            places.pop()  # the issue number stands after what is checked
        for at in places:
            others = [value[:at] + digit + value[at + 1 :] for digit in "0123456789" if digit != value[at]]
            assert sum(holds(name, other) for other in others) <= 1, at


class TestWhatCannotBeReadIsNotOfTheScheme:
    """Patterns hand over what looked alike; letters among digits, or too little, are no reason to fail."""

    @pytest.mark.parametrize("name", sorted({name for name, _ in PUBLISHED}))
    def test_it_is_refused_quietly(self, name: str) -> None:
        for value in ("", "1", "ABC", "12AB34CD56", "é" * 12):
            assert not holds(name, value)

    def test_one_digit_over_and_over_is_a_placeholder(self) -> None:
        for name, value in (("nhs", "0000000000"), ("sin", "000000000"), ("bsn", "000000000"), ("tfn", "000000000")):
            assert not holds(name, value)


class TestWhatWasNeverIssuedIsRefused:
    """Number 000 and 666 are no areas; 9xx is the tax office's."""

    def test_social_security_numbers(self) -> None:
        for value in ("000-12-3456", "666-12-3456", "912-12-3456", "219-00-9999", "219-09-0000"):
            assert not holds("ssn", value)


class TestDatesAreThoseOfACalendar:
    """Doses and ratios have slashes, too."""

    def test_days_and_months_in_either_order(self) -> None:
        assert holds("numeric_date", "31/12/1999")
        assert holds("numeric_date", "12/31/1999")
        assert not holds("numeric_date", "31/31/1999")
        assert not holds("numeric_date", "30/02/1999")
        assert holds("compact_date", "20240229")
        assert not holds("compact_date", "20241329")
        assert holds("partial_date", "3/2019")
        assert not holds("partial_date", "5/500")


def test_every_validator_has_its_words() -> None:
    assert all(validator.__doc__ for validator in VALIDATORS.values())

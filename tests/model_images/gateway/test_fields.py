"""Surrogates of structured values: one to one, of the same form, and nobody's number."""

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.tokens.fields import Fields, NoSurrogate
from model_images.gateway.guard.tokens.keys import Purpose, TenantKey
from tests.model_images.gateway.conversations import luhn

KEY = TenantKey(Purpose.SURROGATES, "north", 1, os.urandom(32))
FIELDS = Fields(KEY)


def eleven(number: str) -> bool:
    """A modulus-11 check over six digits and a seventh, of the kind that the NHS number has."""
    digits = [int(character) for character in number if character.isdigit()]
    return (
        len(digits) == 7
        and sum(weight * digit for weight, digit in zip(range(7, 0, -1), digits, strict=True)) % 11 == 0
    )


def issued(number: str) -> bool:
    """An SSN that could have been issued: no 000, 666 or 9xx, no 00, no 0000 (ssa.gov/employer/randomization.html)."""
    area, group, serial = number.replace("-", " ").split()
    return not (area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000")


SCHEMES = {"luhn": luhn, "eleven": eleven}


class TestASurrogateComesBackByItsKey:
    """A record's number has to be the record's number again."""

    @settings(max_examples=120, deadline=None)
    @given(st.from_regex(r"\A([0-9]{3}[- ]?){2,5}\Z|\A[A-Z]{2}[0-9]{6}[A-Z]\Z|\A[a-zA-Z0-9]{6}[-/.][0-9]{2}\Z"))
    def test_without_a_scheme(self, value: str) -> None:
        surrogate = FIELDS.encrypted(value, kind="RECORD")
        assert surrogate != value
        assert FIELDS.decrypted(surrogate, kind="RECORD") == value
        for one, other in zip(value, surrogate, strict=True):
            assert (one.isdigit(), one.isupper(), one.islower()) == (other.isdigit(), other.isupper(), other.islower())
            assert one.isalnum() or one == other

    @settings(max_examples=120, deadline=None)
    @given(st.sampled_from(sorted(SCHEMES)), st.integers(0, 999_999))
    def test_with_a_scheme_it_is_never_valid(self, scheme: str, body: int) -> None:
        valid = SCHEMES[scheme]
        value = next((f"{body:06}{check}" for check in range(10) if valid(f"{body:06}{check}")), None)
        if value is None:  # modulus 11 has no check digit for one body in eleven
            return
        surrogate = FIELDS.encrypted(value, kind="NATIONAL", scheme=scheme, valid=valid)
        assert not valid(surrogate)
        assert FIELDS.decrypted(surrogate, kind="NATIONAL", scheme=scheme, valid=valid) == value


class TestNoTwoValuesShareASurrogate:
    """Two patients under one number."""

    @pytest.mark.parametrize("scheme", sorted(SCHEMES))
    def test_of_many_valid_ones(self, scheme: str) -> None:
        valid = SCHEMES[scheme]
        values = [text for text in (f"{number:07}" for number in range(0, 10**7, 1009)) if valid(text)]
        made = {FIELDS.encrypted(value, kind="NATIONAL", scheme=scheme, valid=valid) for value in values}
        assert len(values) > 800
        assert len(made) == len(values)

    def test_tenant_kind_scheme_and_epoch_each_choose_another(self) -> None:
        value = "12345678"
        made = [
            Fields(key).encrypted(value, kind=kind, scheme=scheme)
            for key in (
                KEY,
                TenantKey(Purpose.SURROGATES, "south", 1, KEY.secret),
                TenantKey(Purpose.SURROGATES, "north", 2, KEY.secret),
            )
            for kind in ("RECORD", "PLAN")
            for scheme in ("", "x")
        ]
        assert len(set(made)) == len(made)


class TestWhatCantBeMappedIsSaidToBeSo:
    """Better a marker than a number that is somebody's, or that can't be undone."""

    @pytest.mark.parametrize("value", ["", "12345", "99999", "AB12", "12345६", "ÄB1234567", "-- --", "1" * 200])
    def test_too_few_too_many_or_other_characters(self, value: str) -> None:
        with pytest.raises(NoSurrogate):
            FIELDS.encrypted(value, kind="RECORD")

    def test_a_value_that_is_not_of_its_scheme(self) -> None:
        with pytest.raises(NoSurrogate):
            FIELDS.encrypted("4111111111111112", kind="CARD", scheme="luhn", valid=luhn)

    def test_a_scheme_in_which_all_is_valid(self) -> None:
        for make in (FIELDS.encrypted, FIELDS.walked):
            with pytest.raises(NoSurrogate):
                make("123456789", kind="SSN", scheme="any", valid=lambda _: True)


class TestASchemeWithoutCheckDigits:
    """Nine of ten strings are an SSN: the walk ends in what is never issued, and the vault remembers."""

    @settings(deadline=None)
    @given(st.from_regex(r"\A[1-8][0-9]{2}-[0-9]{2}-[0-9]{4}\Z"))
    def test_the_walk_ends_at_what_is_never_issued(self, value: str) -> None:
        surrogate = FIELDS.walked(value, kind="SSN", scheme="us-ssn", valid=issued)
        assert re.fullmatch(r"\d{3}-\d{2}-\d{4}", surrogate)
        assert not issued(surrogate)
        assert surrogate != value

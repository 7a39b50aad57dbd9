"""FF1 is a standard's algorithm: it gives the standard's answers, and is a permutation."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.tokens.ff1 import FF1, DomainTooSmall

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
# csrc.nist.gov/CSRC/media/Projects/Cryptographic-Standards-and-Guidelines/documents/examples/FF1samples.pdf
# The keys are NIST's own, in parts: 128 bits are the first, 192 add half of the second, 256 the whole.
FIRST, SECOND, THIRD = "2B7E151628AED2A6" + "ABF7158809CF4F3C", "EF4359D8D580AA4F", "7F036D6F04FC6A94"
SAMPLES = [
    (FIRST, "", "0123456789", "2433477484"),
    (FIRST, "39383736353433323130", "0123456789", "6124200773"),
    (FIRST, "3737373770717273373737", "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (FIRST + SECOND, "", "0123456789", "2830668132"),
    (FIRST + SECOND, "39383736353433323130", "0123456789", "2496655549"),
    (FIRST + SECOND, "3737373770717273373737", "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (FIRST + SECOND + THIRD, "", "0123456789", "6657667009"),
    (FIRST + SECOND + THIRD, "39383736353433323130", "0123456789", "1001623463"),
    (FIRST + SECOND + THIRD, "3737373770717273373737", "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]


def numerals(text: str) -> list[int]:
    return [ALPHABET.index(character) for character in text]


class TestItIsTheStandardsAlgorithm:
    """Home-made ciphers fail where nobody looks: the published samples, all nine."""

    @pytest.mark.parametrize(("key", "tweak", "plain", "cipher"), SAMPLES, ids=range(1, 10))
    def test_the_published_samples_come_out_both_ways(self, key: str, tweak: str, plain: str, cipher: str) -> None:
        ff1 = FF1(bytes.fromhex(key), 10 if plain.isdigit() else 36)
        assert ff1.encrypt(numerals(plain), bytes.fromhex(tweak)) == numerals(cipher)
        assert ff1.decrypt(numerals(cipher), bytes.fromhex(tweak)) == numerals(plain)


class TestWhatIsEncryptedComesBack:
    """A value that can't be restored is lost to the clinic."""

    @settings(max_examples=200, deadline=None)
    @given(st.data())
    def test_any_radix_length_and_tweak(self, data: st.DataObject) -> None:
        radix = data.draw(st.sampled_from([2, 3, 10, 26, 36, 62, 255, 256, 257, 65535, 65536]))
        shortest = next(length for length in range(2, 32) if radix**length >= 1_000_000)
        # Past 2^128 on one side, the standard draws more than one block for each round.
        plain = data.draw(st.lists(st.integers(0, radix - 1), min_size=shortest, max_size=shortest + 60))
        tweak = data.draw(st.binary(max_size=40))
        ff1 = FF1(data.draw(st.binary(min_size=32, max_size=32)), radix)
        cipher = ff1.encrypt(plain, tweak)
        assert len(cipher) == len(plain)
        assert all(0 <= numeral < radix for numeral in cipher)
        assert ff1.decrypt(cipher, tweak) == plain


class TestItIsAPermutation:
    """Two patients with one token would be one patient."""

    def test_no_two_of_many_strings_meet(self) -> None:
        ff1 = FF1(os.urandom(32), 10)
        met = {tuple(ff1.encrypt(numerals(f"{value:06}"), b"t")) for value in range(0, 1_000_000, 97)}
        assert len(met) == len(range(0, 1_000_000, 97))

    def test_key_and_tweak_each_choose_another(self) -> None:
        plain, key = numerals("0123456789"), os.urandom(32)
        ones = {tuple(FF1(key, 10).encrypt(plain, bytes([tweak]))) for tweak in range(50)}
        assert len(ones) == 50
        assert tuple(FF1(os.urandom(32), 10).encrypt(plain, b"\0")) not in ones


class TestASmallDomainIsRefused:
    """NIST's second draft of revision 1 makes a million a requirement."""

    @pytest.mark.parametrize(("radix", "length"), [(10, 5), (10, 1), (2, 19), (36, 3), (65536, 1)])
    def test_fewer_than_a_million(self, radix: int, length: int) -> None:
        with pytest.raises(DomainTooSmall):
            FF1(os.urandom(32), radix).encrypt([0] * length)

    def test_a_million_is_enough(self) -> None:
        assert len(FF1(os.urandom(32), 10).encrypt([0] * 6)) == 6

    def test_a_numeral_outside_the_radix_is_no_numeral(self) -> None:
        with pytest.raises(ValueError, match="0 to 9"):
            FF1(os.urandom(32), 10).encrypt([10] * 6)

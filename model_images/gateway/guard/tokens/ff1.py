"""FF1, format-preserving encryption by NIST SP 800-38G: a permutation of the strings of one length over one alphabet.

By revision 1, second public draft (February 2025, csrc.nist.gov/pubs/sp/800/38/g/r1/2pd): FF3 is gone, and a domain of
at least a million is a requirement. Smaller ones (postcodes, days, ages) are refused: a table of them is soon complete.
"""

from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

SMALLEST_DOMAIN = 1_000_000
LARGEST_RADIX = 2**16
LONGEST = 4096
"""Numerals and octets of tweak; the standard allows 2^32, and no identifier comes near."""
ROUNDS = 10
BLOCK = 16


class DomainTooSmall(ValueError):
    """Fewer than a million strings have this length: FF1 would not hide which one was meant."""


class FF1:
    """FF1 with one AES key over one radix. Holds no state between calls, so threads may share it."""

    def __init__(self, key: bytes, radix: int) -> None:
        if not 2 <= radix <= LARGEST_RADIX:
            raise ValueError(f"radix is 2 to {LARGEST_RADIX}")
        # The block cipher itself is what the standard is built of; no text is ever encrypted in this mode.
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305
        self._radix = radix

    def encrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """The numerals' place in the permutation that key and tweak choose (algorithm 7)."""
        return self._run(numerals, tweak, range(ROUNDS))

    def decrypt(self, numerals: Sequence[int], tweak: bytes = b"") -> list[int]:
        """What `encrypt` made these numerals of (algorithm 8)."""
        return self._run(numerals, tweak, range(ROUNDS - 1, -1, -1))

    def _run(self, numerals: Sequence[int], tweak: bytes, rounds: range) -> list[int]:
        radix, length = self._radix, len(numerals)
        self._admit(numerals, tweak)
        forward = rounds.step > 0
        left_length = length // 2
        right_length = length - left_length
        width = ((radix**right_length - 1).bit_length() + 7) // 8  # b of the standard
        drawn = 4 * ((width + 3) // 4) + 4  # d of the standard
        header = (
            b"\x01\x02\x01"
            + radix.to_bytes(3, "big")
            + bytes((ROUNDS, left_length % 256))
            + length.to_bytes(4, "big")
            + len(tweak).to_bytes(4, "big")
        )
        fixed = header + tweak + bytes((-len(tweak) - width - 1) % BLOCK)
        # Only the last width + 1 octets change from round to round: what stands before them is chained once.
        whole = len(fixed) - len(fixed) % BLOCK
        block = self._cipher.encryptor().update
        state = _chained(block, bytes(BLOCK), fixed[:whole])
        rest = fixed[whole:]

        left, right = self._number(numerals[:left_length]), self._number(numerals[left_length:])
        sizes = (radix**left_length, radix**right_length)
        for number in rounds:
            kept = right if forward else left
            last = _chained(block, state, rest + bytes((number,)) + kept.to_bytes(width, "big"))
            stream = last
            for counter in range(1, -(-drawn // BLOCK)):
                stream += block(_xor(last, counter.to_bytes(BLOCK, "big")))
            pad = int.from_bytes(stream[:drawn], "big")
            size = sizes[number % 2]
            left, right = (right, (left + pad) % size) if forward else ((right - pad) % size, left)
        return self._numerals(left, left_length) + self._numerals(right, right_length)

    def _admit(self, numerals: Sequence[int], tweak: bytes) -> None:
        length = len(numerals)
        if length > LONGEST or len(tweak) > LONGEST:
            raise ValueError(f"at most {LONGEST} numerals and octets of tweak")
        if length < 2 or self._radix**length < SMALLEST_DOMAIN:
            raise DomainTooSmall(f"radix {self._radix}, length {length}: fewer than {SMALLEST_DOMAIN:,} strings")
        if not all(0 <= numeral < self._radix for numeral in numerals):
            raise ValueError(f"numerals are 0 to {self._radix - 1}")

    def _number(self, numerals: Sequence[int]) -> int:
        value = 0
        for numeral in numerals:
            value = value * self._radix + numeral
        return value

    def _numerals(self, value: int, length: int) -> list[int]:
        numerals = [0] * length
        for place in range(length - 1, -1, -1):
            value, numerals[place] = divmod(value, self._radix)
        return numerals


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).to_bytes(BLOCK, "big")


def _chained(block: Callable[[bytes], bytes], state: bytes, octets: bytes) -> bytes:
    """CBC-MAC from `state` on, whole blocks only (algorithm 6)."""
    for start in range(0, len(octets), BLOCK):
        state = block(_xor(state, octets[start : start + BLOCK]))
    return state

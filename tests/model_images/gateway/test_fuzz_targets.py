"""Every parser refuses what it can't read, and fails in no other way: `make fuzz` searches on where this ends."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.model_images.gateway.fuzz import SEEDS, TARGETS

BYTES = st.lists(st.sampled_from(SEEDS) | st.binary(max_size=12), max_size=8).map(b"".join)


class TestNoBytesAreAnError:
    """An exception that nobody foresaw is a refusal at best, and a traceback with a patient in it at worst."""

    @pytest.mark.parametrize("name", TARGETS)
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(raw=BYTES)
    @example(raw=b"")
    @example(raw=b"[" * 20_000)
    @example(raw=b'{"messages":' * 20_000)
    def test_of_what_can_be_drawn(self, name: str, raw: bytes) -> None:
        TARGETS[name](raw)

"""Whose record it is: dates are shifted alike for one patient, whichever of the two forms a caller sends."""

from typing import Any

import pytest

from model_images.gateway.guard.conversing import patient


class TestARecordSaysWhoseItIs:
    """Without it, dates of one patient would be shifted anew in every conversation."""

    @pytest.mark.parametrize(
        ("record", "whose"),
        [
            ({}, None),
            ({"names": ["Zebediah Quartermaine"]}, None),
            ({"ids": "H-100"}, "H-100"),
            ({"ids": ["H-100", "H-200"]}, "H-100"),
            ({"ids": [{"value": "H-100", "system": "hospital"}]}, "H-100"),
            ({"resourceType": "Patient", "id": "p-1", "identifier": [{"value": "H-100"}]}, "p-1"),
            ({"resourceType": "Patient", "identifier": [{"value": "H-100"}]}, "H-100"),
            ({"ids": [None, ""]}, None),
        ],
        ids=str,
    )
    def test_in_either_form(self, record: dict[str, Any], whose: str | None) -> None:
        assert patient(record) == whose

"""Faults of a data file are told with their line: whoever mends it looks there, and nowhere else."""

import pytest

from jurisdictions.lines import NotRead, lined

TEXT = """# a comment

name: one
steps:
  - to: first
    by: A
  - to: second
name: two
"""


class TestEveryKeyHasItsLine:
    """As an editor counts, from one."""

    def test_by_its_path(self) -> None:
        found = lined(TEXT)
        assert found.lines == {"name": 8, "steps": 4, "steps.0": 5, "steps.0.to": 5, "steps.0.by": 6,
                               "steps.1": 7, "steps.1.to": 7}  # fmt: skip
        assert (found.first, found.twice) == (3, (("name", 8),))
        assert found.values["steps"][1] == {"to": "second"}


class TestWhatIsNoMappingIsToldSo:
    """And never by a traceback."""

    @pytest.mark.parametrize(
        ("text", "line", "says"),
        [
            ("", 1, "must be a mapping"),
            ("- a", 1, "must be a mapping"),
            ("a: 1\nb: }\nc: 2", 2, "not YAML"),
            ("a: 2026-02-31", 1, "can't be read"),
            ("? [1]\n: 2", 1, "not YAML"),
            ("a: &x [*x]", 1, "can't be read"),
        ],
    )
    def test_with_its_line(self, text: str, line: int, says: str) -> None:
        with pytest.raises(NotRead) as error:
            lined(text)
        assert (error.value.line, says in error.value.what, says in error.value.brief) == (line, True, True)

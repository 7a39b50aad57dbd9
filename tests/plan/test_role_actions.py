"""Which actions a role's wildcards cover: Azure's `*` stands for anything, slashes too."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.role_actions import covers

WORDS = st.text(alphabet="ab/?[]!", max_size=6)


class TestAWildcardStandsForAnything:
    """A pattern that is read too narrowly hides a right; too widely, it invents one."""

    @given(parts=st.lists(WORDS, min_size=1, max_size=4), name=WORDS)
    def test_it_agrees_with_the_shell(self, parts: list[str], name: str) -> None:
        pattern = "*".join(parts)
        assert covers(pattern, name) == fnmatchcase(name, pattern)

    @pytest.mark.parametrize(
        ("pattern", "covered"),
        [
            ("*", True),
            ("*/read", False),
            ("microsoft.storage/*/write", True),
            ("microsoft.storage/storageaccounts/blobservices/containers/blobs/*", True),
            ("microsoft.storage/storageaccounts/*/containers/blobs/write", True),
            ("microsoft.keyvault/*", False),
        ],
    )
    def test_one_operation(self, pattern: str, covered: bool) -> None:  # noqa: FBT001 a parameter of the table
        assert covers(pattern, "microsoft.storage/storageaccounts/blobservices/containers/blobs/write") is covered

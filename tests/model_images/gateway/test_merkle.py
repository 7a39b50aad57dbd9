"""The tree: vectors of Certificate Transparency, and that proofs prove what they say and nothing else.

Leaves, roots and proofs are the reference vectors that RFC 6962's authors ship:
github.com/google/certificate-transparency, python/ct/crypto/merkle_test.py and cpp/merkletree/merkle_tree_test.cc.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit_log import merkle

LEAVES = [
    bytes.fromhex(item)
    for item in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
CONSISTENCY = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
HASHED = [merkle.leaf_hash(item) for item in LEAVES]


def hashed(size: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4)) for number in range(size)]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH, word for word from RFC 6962 section 2.1."""
    if not leaves:
        return merkle.EMPTY
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


class TestItIsTheTreeOfTheRFC:
    """A verifier that others wrote has to agree."""

    @pytest.mark.parametrize("size", range(9))
    def test_roots(self, size: int) -> None:
        assert merkle.root_of(HASHED[:size]).hex() == ROOTS[size]

    @pytest.mark.parametrize(("index", "size"), INCLUSION)
    def test_inclusion(self, index: int, size: int) -> None:
        proof = merkle.prove(merkle.inclusion_ranges(index, size), HASHED[:size])
        assert tuple(item.hex() for item in proof) == INCLUSION[index, size]

    @pytest.mark.parametrize(("first", "second"), CONSISTENCY)
    def test_consistency(self, first: int, second: int) -> None:
        proof = merkle.prove(merkle.consistency_ranges(first, second), HASHED[:second])
        assert tuple(item.hex() for item in proof) == CONSISTENCY[first, second]

    @given(st.integers(0, 300))
    def test_any_size_is_as_defined(self, size: int) -> None:
        assert merkle.root_of(hashed(size)) == by_definition(hashed(size))


class TestItGrowsFromItsFrontier:
    """The gateway restarts without reading the whole log."""

    @given(st.integers(0, 200), st.integers(0, 200))
    def test_one_that_is_carried_on_is_the_same(self, size: int, more: int) -> None:
        leaves = hashed(size + more)
        tree = merkle.Tree()
        for leaf in leaves[:size]:
            tree.append(leaf)
        carried = merkle.Tree(tree.size, tree.frontier)
        for leaf in leaves[size:]:
            carried.append(leaf)
        assert (carried.size, carried.root()) == (size + more, by_definition(leaves))
        assert len(carried.frontier) <= carried.size.bit_length()

    @given(st.integers(0, 200), st.integers(0, 9))
    def test_a_frontier_of_another_size_is_no_tree(self, size: int, count: int) -> None:
        if count != size.bit_count():
            with pytest.raises(ValueError, match="full subtrees"):
                merkle.Tree(size, [bytes(32)] * count)


class TestProofsProve:
    """What was proved is so; what wasn't, isn't."""

    @given(st.data(), st.integers(1, 130))
    def test_every_leaf_is_included_at_its_place_alone(self, data: st.DataObject, size: int) -> None:
        index = data.draw(st.integers(0, size - 1))
        leaves = hashed(size)
        root = merkle.root_of(leaves)
        proof = merkle.prove(merkle.inclusion_ranges(index, size), leaves)
        assert merkle.included(leaves[index], index, size, proof, root)
        other = data.draw(st.integers(-1, size + 1).filter(lambda item: item != index))
        assert not merkle.included(leaves[index], other, size, proof, root)
        assert not merkle.included(merkle.leaf_hash(b"another"), index, size, proof, root)
        assert not merkle.included(leaves[index], index, size, [*proof, bytes(32)], root)
        if proof:
            assert not merkle.included(leaves[index], index, size, proof[:-1], root)
            spoilt = data.draw(st.integers(0, len(proof) - 1))
            wrong = [merkle.EMPTY if number == spoilt else item for number, item in enumerate(proof)]
            assert not merkle.included(leaves[index], index, size, wrong, root)

    @given(st.data(), st.integers(0, 130))
    def test_a_tree_begins_every_one_that_it_grew_into_and_no_other(self, data: st.DataObject, second: int) -> None:
        first = data.draw(st.integers(0, second))
        leaves = hashed(second)
        before, after = merkle.root_of(leaves[:first]), merkle.root_of(leaves)
        proof = merkle.prove(merkle.consistency_ranges(first, second), leaves)
        assert merkle.consistent(first, second, before, after, proof)
        assert not merkle.consistent(first, second, before, after, [*proof, bytes(32)])
        if first:
            changed = data.draw(st.integers(0, first - 1))
            other = [merkle.leaf_hash(b"another") if n == changed else item for n, item in enumerate(leaves)]
            rewritten = merkle.root_of(other)
            again = merkle.prove(merkle.consistency_ranges(first, second), other)
            assert not merkle.consistent(first, second, before, rewritten, again)
            assert not merkle.consistent(first, second, before, rewritten, proof)

    @given(st.integers(0, 100), st.integers(0, 100))
    def test_a_tree_never_shrinks(self, first: int, second: int) -> None:
        if first > second:
            with pytest.raises(ValueError, match="can't begin"):
                merkle.consistency_ranges(first, second)
            root = merkle.root_of(hashed(first))
            assert not merkle.consistent(first, second, root, merkle.root_of(hashed(second)), [])

    def test_a_proof_needs_its_leaves(self) -> None:
        with pytest.raises(ValueError, match="there are 3"):
            merkle.prove(merkle.inclusion_ranges(0, 8), HASHED[:3])

    def test_sizes_that_follow_each_other_are_consistent_all_along(self) -> None:
        leaves = hashed(70)
        for first, second in pairwise(range(71)):
            proof = merkle.prove(merkle.consistency_ranges(first, second), leaves)
            roots = merkle.root_of(leaves[:first]), merkle.root_of(leaves[:second])
            assert merkle.consistent(first, second, *roots, proof)

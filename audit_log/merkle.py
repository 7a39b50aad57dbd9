"""The Merkle tree of RFC 6962 section 2.1: hashes, proofs of inclusion and of consistency, and their verification.

Verification goes by RFC 9162 sections 2.1.3.2 and 2.1.4.2, which are the same tree. Leaves are never held: a tree grows
from the roots of its full subtrees, and a proof is the roots of a few ranges, gathered in one pass.
"""

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256().digest()
"""Root of the tree without leaves."""
HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """Of one entry. The prefix keeps a leaf from ever reading as a node: second preimages."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows, in the memory of its `frontier`: one hash for each one-bit of its size."""

    __slots__ = ("_frontier", "_size")

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if size < 0 or len(frontier) != size.bit_count() or any(len(item) != HASH_BYTES for item in frontier):
            raise ValueError(f"a tree of {size} leaves has {max(size, 0).bit_count()} full subtrees")
        self._size = size
        self._frontier = list(frontier)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self._size

    @property
    def frontier(self) -> tuple[bytes, ...]:
        """Roots of its full subtrees, the largest first: all that is needed to go on."""
        return tuple(self._frontier)

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        frontier, carry = self._frontier, self._size
        while carry & 1:
            leaf = node_hash(frontier.pop(), leaf)
            carry >>= 1
        frontier.append(leaf)
        self._size += 1

    def root(self) -> bytes:
        """The tree's hash at its size."""
        if not self._frontier:
            return EMPTY
        found = self._frontier[-1]
        for left in reversed(self._frontier[:-1]):
            found = node_hash(left, found)
        return found

    def copy(self) -> "Tree":
        """One that grows by itself."""
        return Tree(self._size, self._frontier)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root over hashes of leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def _split(size: int) -> int:
    """The largest power of two that is less than `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Which ranges of leaves (end exclusive) an inclusion proof has the roots of, in its order. RFC 6962, 2.1.1."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at {index}")
    found: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """Which ranges a proof that `first` leaves begin `second` has the roots of, in its order. RFC 6962, 2.1.2."""
    if not 0 <= first <= second:
        raise ValueError(f"{first} leaves can't begin a tree of {second}")
    if first in (0, second):
        return []
    found: list[tuple[int, int]] = []
    start, end, whole = 0, second, True
    while end != first:
        middle = start + _split(end - start)
        if first <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, whole = middle, False
    if not whole:
        found.append((start, end))
    return found[::-1]


def prove(ranges: Sequence[tuple[int, int]], leaves: Iterable[bytes]) -> list[bytes]:
    """Roots of the ranges, in one pass over the hashes of all leaves. Raises ValueError where leaves are too few."""
    trees = [Tree() for _ in ranges]
    end = max((end for _, end in ranges), default=0)
    seen = 0
    for seen, leaf in enumerate(leaves, 1):
        for tree, (first, last) in zip(trees, ranges, strict=True):
            if first < seen <= last:
                tree.append(leaf)
        if seen == end:
            break
    if seen < end:
        raise ValueError(f"the proof needs {end} leaves; there are {seen}")
    return [tree.root() for tree in trees]


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf with this hash stands at `index` of the tree with this root."""
    if not 0 <= index < size or any(len(item) != HASH_BYTES for item in proof):
        return False
    node, last, found = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(item, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, item)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def consistent(first: int, second: int, before: bytes, after: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `first` leaves with root `before` begins that of `second` with root `after`."""
    if not 0 <= first <= second or any(len(item) != HASH_BYTES for item in proof):
        return False
    if first == second:
        return not proof and before == after
    if first == 0:
        return not proof and before == EMPTY
    path = [before, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(item, old), node_hash(item, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, item)
        node, last = node >> 1, last >> 1
    return last == 0 and old == before and new == after

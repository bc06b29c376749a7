"""The Merkle tree of RFC 9162 over SHA-256: appending in logarithmic space, roots, proofs and their checking. Pure.

A *frontier* is what has to be remembered of a tree of n leaves to go on: the roots of its perfect subtrees, the largest
(oldest) first, one for each bit set in n. A *node* (level, index) here is the root of 256**level leaves starting at
index * 256**level: with the leaf hashes themselves these are exactly the hashes the tiles of C2SP tlog-tiles are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = sha256(b"").digest()

Range = Callable[[int, int], bytes]
"""``(start, height)`` -> root of the perfect subtree of 2**height leaves that begins at leaf ``start``."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry's bytes as a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees as one."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Growth:
    """A tree that only grows. ``nodes`` gathers what tiles need: (level, index, hash) as each subtree is completed."""

    size: int = 0
    frontier: list[bytes] = field(default_factory=list)
    nodes: list[tuple[int, int, bytes]] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Take one more leaf hash."""
        rank, height, grown = self.size, 0, leaf
        while rank & 1:
            grown = node_hash(self.frontier.pop(), grown)
            rank >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                self.nodes.append((height // TILE_HEIGHT, rank, grown))
        self.frontier.append(grown)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take more leaf hashes, in order."""
        for leaf in leaves:
            self.append(leaf)

    def append_tile(self, root: bytes) -> None:
        """Take 256 leaves at once by the root of them; only where a tile begins."""
        if self.size % TILE_WIDTH:
            raise ValueError("a tile begins at a multiple of 256")
        rank, height, grown = self.size >> TILE_HEIGHT, TILE_HEIGHT, root
        self.nodes.append((1, rank, grown))
        while rank & 1:
            grown = node_hash(self.frontier.pop(), grown)
            rank >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                self.nodes.append((height // TILE_HEIGHT, rank, grown))
        self.frontier.append(grown)
        self.size += TILE_WIDTH

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return root_of_frontier(self.frontier)

    @classmethod
    def resumed(cls, size: int, frontier: bytes) -> Growth:
        """Go on from a stored frontier. Raises ValueError when the two do not belong together."""
        if len(frontier) != 32 * size.bit_count():
            raise ValueError("this frontier does not belong to a tree of this size")
        return cls(size, [frontier[at : at + 32] for at in range(0, len(frontier), 32)])


def root_of_frontier(frontier: Sequence[bytes]) -> bytes:
    """The root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for older in reversed(frontier[:-1]):
        root = node_hash(older, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of a tree with these leaf hashes."""
    growth = Growth()
    growth.extend(leaves)
    return growth.root()


def perfect_root(row: Sequence[bytes]) -> bytes:
    """The root of a power of two of hashes."""
    while len(row) > 1:
        row = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)
        ]
    return row[0]


def over(leaves: Sequence[bytes]) -> Range:
    """Subtree roots of a tree held in memory."""

    def subtree(start: int, height: int) -> bytes:
        return perfect_root(leaves[start : start + (1 << height)])

    return subtree


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << (size - 1).bit_length() - 1


def subtree_root(subtree: Range, start: int, end: int) -> bytes:
    """MTH over leaves ``start`` to ``end``; ``start`` is where such a subtree may begin."""
    size = end - start
    if size & (size - 1) == 0:
        return subtree(start, size.bit_length() - 1)
    middle = start + _split(size)
    return node_hash(subtree_root(subtree, start, middle), subtree_root(subtree, middle, end))


def inclusion_proof(subtree: Range, index: int, size: int) -> list[bytes]:
    """RFC 9162 2.1.3.1: the hashes that lead from leaf ``index`` to the root of ``size`` leaves."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(subtree, middle, end))
            end = middle
        else:
            path.append(subtree_root(subtree, start, middle))
            start = middle
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 2.1.3.2. True only if ``leaf`` stands at ``index`` of the tree of ``size`` leaves with this root."""
    if not 0 <= index < size:
        return False
    fn, sn, grown = index, size - 1, leaf
    for other in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            grown = node_hash(other, grown)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            grown = node_hash(grown, other)
        fn >>= 1
        sn >>= 1
    return sn == 0 and grown == root


def consistency_proof(subtree: Range, old: int, new: int) -> list[bytes]:
    """RFC 9162 2.1.4.1: the hashes that show the tree of ``old`` leaves to be the beginning of the tree of ``new``."""
    if not 0 < old <= new:
        raise ValueError("a proof goes from a smaller tree, not empty, to a larger one")
    path, start, end, whole = [], 0, new, True
    while old - start != end - start:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(subtree_root(subtree, middle, end))
            end = middle
        else:
            path.append(subtree_root(subtree, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(subtree_root(subtree, start, end))
    return path[::-1]


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """RFC 9162 2.1.4.2. True only if the tree of ``old`` leaves is the beginning of the tree of ``new``."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    first = second = path[0]
    for other in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(other, first), node_hash(other, second)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            second = node_hash(second, other)
        fn >>= 1
        sn >>= 1
    return sn == 0 and first == old_root and second == new_root

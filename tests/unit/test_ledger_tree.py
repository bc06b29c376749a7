"""The tree of RFC 9162, against the vectors other logs publish and against its own definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ledger import tree
from linli.kernel.ledger.tree import Growth

# The test tree of Certificate Transparency implementations: eight leaves, the root after each, and proofs within it.
_INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
LEAVES = [tree.leaf_hash(bytes.fromhex(data)) for data in _INPUTS]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"


def _hex(proof: list[bytes]) -> list[str]:
    return [one.hex() for one in proof]


def test_no_leaves_hash_to_the_hash_of_nothing() -> None:
    assert (
        Growth().root()
        == tree.EMPTY_ROOT
        == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    )


def test_roots_are_those_of_the_published_tree() -> None:
    growth = Growth()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        growth.append(leaf)
        assert growth.root().hex() == root


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [(0, 1, []), (0, 8, [A, B, C]), (5, 8, [D, E, ROOTS[3]]), (2, 3, [ROOTS[1]]), (1, 5, [ROOTS[0], B, D])],
)
def test_inclusion_proofs_are_those_of_the_published_tree(index: int, size: int, proof: list[str]) -> None:
    made = tree.inclusion_proof(tree.over(LEAVES), index, size)
    assert _hex(made) == proof
    assert tree.verify_inclusion(LEAVES[index], index, size, made, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(
    ("old", "new", "proof"), [(1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[3]]), (2, 5, [B, D]), (4, 4, [])]
)
def test_consistency_proofs_are_those_of_the_published_tree(old: int, new: int, proof: list[str]) -> None:
    made = tree.consistency_proof(tree.over(LEAVES), old, new)
    assert _hex(made) == proof
    roots = [bytes.fromhex(ROOTS[size - 1]) for size in (old, new)]
    assert tree.verify_consistency(old, new, made, *roots)


def _by_definition(leaves: list[bytes]) -> bytes:
    """MTH as RFC 9162 2.1.1 writes it."""
    if not leaves:
        return tree.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return tree.node_hash(_by_definition(leaves[:half]), _by_definition(leaves[half:]))


def _leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(n).encode()) for n in range(count)]


@given(st.integers(0, 700))
def test_growing_in_logarithmic_space_gives_the_root_of_the_definition(count: int) -> None:
    growth = Growth()
    growth.extend(_leaves(count))
    assert growth.root() == _by_definition(_leaves(count))
    assert len(growth.frontier) == count.bit_count()
    assert Growth.resumed(count, b"".join(growth.frontier)).root() == growth.root()


def test_the_nodes_of_tiles_are_the_roots_of_their_256_leaves() -> None:
    leaves = _leaves(600)
    growth = Growth()
    growth.extend(leaves)
    assert growth.nodes == [(1, 0, _by_definition(leaves[:256])), (1, 1, _by_definition(leaves[256:512]))]
    growth.nodes.clear()
    growth.extend(_leaves(65536 - 600))
    assert [(level, index) for level, index, _ in growth.nodes][-1] == (2, 0)


def test_a_frontier_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not belong"):
        Growth.resumed(3, b"\0" * 32)


@given(st.data(), st.integers(1, 300))
def test_every_inclusion_proof_holds_and_no_other_leaf_or_root_does(data: st.DataObject, size: int) -> None:
    leaves = _leaves(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = _by_definition(leaves), tree.inclusion_proof(tree.over(leaves), index, size)
    assert tree.verify_inclusion(leaves[index], index, size, proof, root)
    assert not tree.verify_inclusion(tree.leaf_hash(b"other"), index, size, proof, root)
    assert not tree.verify_inclusion(leaves[index], index, size, proof, tree.leaf_hash(b"other"))
    assert not tree.verify_inclusion(leaves[index], index, size, [*proof, root], root)
    assert not tree.verify_inclusion(leaves[index], size, size, proof, root)
    if size > 1:
        assert not tree.verify_inclusion(leaves[index], index, size, proof[1:], root)
        assert not tree.verify_inclusion(leaves[index], index ^ 1, size, proof, root)


@given(st.data(), st.integers(1, 300))
def test_every_consistency_proof_holds_and_no_rewritten_beginning_does(data: st.DataObject, new: int) -> None:
    leaves = _leaves(new)
    old = data.draw(st.integers(1, new))
    before, after = _by_definition(leaves[:old]), _by_definition(leaves)
    proof = tree.consistency_proof(tree.over(leaves), old, new)
    assert tree.verify_consistency(old, new, proof, before, after)
    forged = _by_definition([tree.leaf_hash(b"forged"), *leaves[1:old]])
    assert not tree.verify_consistency(old, new, proof, forged, after)
    assert not tree.verify_consistency(old, new, [*proof, before], before, after)


@pytest.mark.parametrize("ends", [(0, 5), (6, 5)])
def test_no_consistency_is_proved_from_nothing_or_backwards(ends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="smaller tree"):
        tree.consistency_proof(tree.over(LEAVES), *ends)
    assert not tree.verify_consistency(*ends, [], LEAVES[0], LEAVES[0])

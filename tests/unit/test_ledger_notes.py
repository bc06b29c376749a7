"""Notes, checkpoints, cosignatures and proofs, against the examples that their specifications and other programs publish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.kernel.ledger import keychain, notes, tiles, tree
from linli.kernel.ledger.notes import BadNote, Signer

# The example of golang.org/x/mod/sumdb/note, which every implementation of signed notes is tested with.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SKEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
# The example of C2SP tlog-checkpoint and tlog-cosignature.
SPEC = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def test_the_published_key_is_read_and_its_hash_fits() -> None:
    assert notes.verifier_of(VKEY).vkey == VKEY
    assert notes.signer_of(SKEY).skey == SKEY
    assert notes.signer_of(SKEY).verifier.vkey == VKEY


def test_the_key_of_the_go_checksum_database_is_read() -> None:
    key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert notes.verifier_of(key).vkey == key


def test_the_published_note_is_signed_byte_for_byte_and_holds() -> None:
    assert notes.signer_of(SKEY).line(TEXT) == LINE
    note = notes.note_of(f"{TEXT}\n{LINE}")
    assert note.signed_by([notes.verifier_of(VKEY)]) == (notes.verifier_of(VKEY),)
    assert str(note) == f"{TEXT}\n{LINE}"


def test_a_changed_word_spoils_the_published_note() -> None:
    note = notes.note_of(f"{TEXT}\n{LINE}".replace("answer", "cure"))
    with pytest.raises(BadNote, match="PeterNeumann"):
        note.signed_by([notes.verifier_of(VKEY)])


@pytest.mark.parametrize("n", range(0, len(VKEY), 3))
def test_a_key_with_a_wrong_letter_is_refused(n: int) -> None:
    other = chr(ord(VKEY[n]) + 1)
    with pytest.raises(BadNote):
        notes.verifier_of(VKEY[:n] + other + VKEY[n + 1 :])


def test_the_example_checkpoint_of_the_specification_is_read() -> None:
    note = notes.note_of(SPEC)
    checkpoint = notes.checkpoint_of(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == note.text
    assert [one.time for one in note.signatures] == [0, 1679315147]
    assert str(note) == SPEC
    expected = b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
    assert notes.cosigned(note.text, 1679315147).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "a\n1\nAAAA\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        notes.checkpoint_of(text)


def test_lines_of_unknown_keys_are_passed_over_and_a_stranger_with_a_known_name_is_one() -> None:
    mine, other = Signer("a.example", notes.NOTE, b"1" * 32), Signer("a.example", notes.NOTE, b"2" * 32)
    text = notes.Checkpoint("a.example", 1, b"r" * 32).text
    note = notes.note_of(f"{text}\n{other.line(text)}{mine.line(text)}")
    assert note.signed_by([mine.verifier]) == (mine.verifier,)
    only = notes.note_of(f"{text}\n{other.line(text)}")
    assert only.signed_by([mine.verifier]) == ()
    with pytest.raises(BadNote):
        notes.opened(str(only), [mine.verifier])


def test_a_cosignature_covers_the_time_and_the_extensions_under_a_key_id_of_its_own() -> None:
    seed = b"w" * 32
    witness = Signer("witness.example/w1", notes.WITNESS, seed)
    assert witness.verifier.key_id != Signer("witness.example/w1", notes.NOTE, seed).verifier.key_id
    text = notes.Checkpoint("log.example", 7, b"r" * 32, (notes.ALGORITHM,)).text
    line = witness.line(text, 1_790_000_000)
    note = notes.note_of(f"{text}\n{line}")
    assert note.signatures[0].time == 1_790_000_000
    assert note.signed_by([witness.verifier])
    with pytest.raises(BadNote):
        notes.note_of(f"{text}more\n\n{line}").signed_by([witness.verifier])
    later = note.signatures[0].blob[:7] + b"\xff" + note.signatures[0].blob[8:]
    moved = notes.Signature(witness.name, witness.verifier.key_id, later)
    with pytest.raises(BadNote):
        notes.Note(text, (moved,)).signed_by([witness.verifier])


@given(
    st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=40), st.binary(max_size=80)
)
def test_a_proof_is_read_as_it_was_written(index: int, hashes: list[bytes], extra: bytes) -> None:
    proof = notes.proof_of(notes.proof_text(index, hashes, SPEC, extra))
    assert (proof.index, list(proof.hashes), proof.extra, proof.checkpoint) == (index, hashes, extra, SPEC)


@pytest.mark.parametrize(
    "written", ["", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v1\nindex x\n\n", "{}"]
)
def test_what_is_not_a_proof_is_refused(written: str) -> None:
    with pytest.raises(BadNote):
        notes.proof_of(written + SPEC)


def test_trust_walks_along_the_chain_of_keys_and_no_further() -> None:
    first, second, third = (Signer("log.example", notes.NOTE, bytes([n]) * 32) for n in (1, 2, 3))
    chain = [
        keychain.statement("log.example", first, None),
        keychain.statement("log.example", second, first),
        keychain.statement("log.example", third, None),
    ]
    assert all(keychain.holds(said) for said in chain)
    assert keychain.trusted([first.verifier], chain) == [first.verifier, second.verifier]
    forged = chain[1] | {"vkey": third.verifier.vkey}
    assert not keychain.holds(forged)
    assert keychain.trusted([first.verifier], [forged]) == [first.verifier]


# ── tiles ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("index", "written"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067")],
)
def test_indexes_are_written_as_the_specification_says(index: int, written: str) -> None:
    assert tiles.number(index) == written
    assert tiles.parse(f"0/{written}") == (0, index, 256)
    assert tiles.parse(f"entries/{written}.p/17") == (tiles.ENTRIES, index, 17)


@pytest.mark.parametrize(
    "path",
    [
        "0/1",
        "0/x000/001",
        "00/001",
        "64/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/01",
        "0/-01",
        "a/001",
        "0/001/",
    ],
)
def test_every_other_way_of_writing_a_tile_is_refused(path: str) -> None:
    with pytest.raises(tiles.NoSuchTile):
        tiles.parse(path)


def test_the_tiles_of_70000_entries_are_those_of_the_specification() -> None:
    assert [tiles.width(0, n, 70_000) for n in (272, 273, 274)] == [256, 112, 0]
    assert [tiles.width(1, n, 70_000) for n in (0, 1, 2)] == [256, 17, 0]
    assert [tiles.width(2, n, 70_000) for n in (0, 1)] == [1, 0]
    assert (tiles.width(0, 0, 256), tiles.width(1, 0, 256)) == (256, 1)


@given(st.integers(1, 1500), st.data())
def test_proofs_made_from_tiles_hold(size: int, data: st.DataObject) -> None:
    leaves = [tree.leaf_hash(str(n).encode()) for n in range(size)]
    growth = tree.Growth()
    growth.extend(leaves)
    nodes = {(level, index): digest for level, index, digest in growth.nodes}

    def fetch(level: int, index: int, width: int) -> bytes:
        row = range(index * 256, index * 256 + width)
        return b"".join(leaves[n] if level == 0 else nodes[level, n] for n in row)

    read = tiles.Tiles(size, fetch)
    assert tree.subtree_root(read.subtree, 0, size) == growth.root()
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    inclusion = tree.inclusion_proof(read.subtree, index, size)
    assert tree.verify_inclusion(leaves[index], index, size, inclusion, growth.root())
    consistency = tree.consistency_proof(read.subtree, old, size)
    assert tree.verify_consistency(old, size, consistency, tree.root_of(leaves[:old]), growth.root())


@given(st.integers(0, 5), st.integers(0, 300))
def test_a_tree_grown_by_tiles_is_the_tree_grown_by_leaves(tiles_first: int, rest: int) -> None:
    leaves = [tree.leaf_hash(str(n).encode()) for n in range(tiles_first * 256 + rest)]
    one, other = tree.Growth(), tree.Growth()
    one.extend(leaves)
    for n in range(tiles_first):
        other.append_tile(tree.perfect_root(leaves[n * 256 : n * 256 + 256]))
    other.extend(leaves[tiles_first * 256 :])
    assert (one.size, one.frontier, one.nodes) == (other.size, other.frontier, other.nodes)
    if len(leaves) % 256:
        with pytest.raises(ValueError):
            other.append_tile(bytes(32))


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_of_entries_is_read_as_it_was_written(entries: list[bytes]) -> None:
    assert tiles.unbundle(tiles.bundle(entries)) == entries


def test_a_bundle_that_is_cut_off_or_too_long_is_refused() -> None:
    with pytest.raises(tiles.NoSuchTile):
        tiles.unbundle(tiles.bundle([b"abc"])[:-1])
    with pytest.raises(ValueError):
        tiles.bundle([bytes(65_536)])

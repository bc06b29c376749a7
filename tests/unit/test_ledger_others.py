"""What other people's programs computed and signed, held against ours.

The figures of the tree are those of golang.org/x/mod/sumdb/tlog 0.7.0; pymerkle 7.0.0 gives the same roots. The notes are of Sigsum
(as the tests of filippo.io/torchwood have it), of a public witness, of transparency-dev/formats, and of the program aics-witness 0.1.0,
which co-signed a log of ours on 28 November 2026 and was asked by it as the protocol says.
"""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256

import pytest

from linli.kernel.ledger import asking, notes, tree
from linli.kernel.ledger.notes import BadNote, Verifier
from linli.kernel.ledger.tree import Growth

LEAVES = [tree.leaf_hash(str(n).encode()) for n in range(70_000)]
ROOTS = {
    1: "db3426e878068d28d269b6c87172322ce5372b65756d0789001d34835f601c03",
    255: "32f85bcaa87d7bcd05728f09e9aeba350ba6a2f733830087f0597682848be5cb",
    256: "828515d033c19d8c901f37eccb8aed919667703486f8d2fff1cf7040321c5db1",
    257: "1eda049a4351d86f76252bd7ec0b7746ad75b7fa0316ad5f541dbda458a312c4",
    1000: "638afa98022925bacfddadb15ef22fd0199c1ac99c2973b6158243d13fce05c2",
    65536: "f025d06ed804859fd274a1bdacadd6e48ea87634aa91e1edb20143f9498cd02b",
    65537: "dc8795a25fd4bd52a0b84f639fd3139ba160824023d188e428eb5db0f3ce221a",
    70000: "1a4cdfcb66374a0c0dcbef49acbd4976d13ee864fb3cb241fc943cad04f02f7e",
}
SIGSUM = "sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90"
SIGSUM_REQUEST = f"""old 0

{SIGSUM}
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— {SIGSUM} 7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=
"""
SPEC_REQUEST = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""
OURS = "log.example/linli+cca32354+AXbmD3czuoitXSl2/7n1/+PDk3qDOb86PdBtPEfMLwJJ"
THEIRS = "witness.example/foreign+7cb763fb+BOEmt1FUwbgo4l6BOlmbZYrs34f7/ogBNxJZKs8y598E"
COSIGNED = """log.example/linli
2481
3N/29gFr3kbrO6gY/Jgrvr8yDvK9//khGG7Us51ibfo=
algorithm sha-256

— log.example/linli zKMjVD619fpFrHs1UhtsQiB762xvjXXvCSy/8U1rPQbA4ZFxsbd/xwy2vpTbprb1RF8YNmram18s3PVAqJLddn9NaQ4=
— witness.example/foreign fLdj+wAAAABrCxgkNY91BMPM9W2fPqj3XkXqzwZuRM7AT4Jbo03IEZUSsNt7NYCA0ukCO/MNphSLda2+HOZjMq5+0WGhMqLguOOpCw==
"""


def test_roots_are_those_that_go_computes() -> None:
    growth = Growth()
    for leaf in LEAVES:
        growth.append(leaf)
        if growth.size in ROOTS:
            assert growth.root().hex() == ROOTS[growth.size]


@pytest.mark.parametrize(
    ("index", "size", "length", "digest"),
    [
        (0, 70000, 17, "834e90bf94e0793f400559c4912e0ea1e6265be0e53eb0ef946aceac71f62881"),
        (12345, 70000, 17, "15e3537b4677d40e7f98553df49a1f00747bdfcd478b0592c64864516e6b1f91"),
        (69999, 70000, 9, "06840adeb9aef6246e85c1dd08b547ca4a0b6f7c20da6a20ceed1be00bebfe4c"),
        (65536, 65537, 1, "f0113c8bad855b49f9a5dd661d50012cd94f19aae87a45eb8334666835e3caea"),
        (254, 1000, 10, "59fb9bb9d743b270153b3cb3739e114ffa4fa2b27dd2ab4548a43b5a2378bd5d"),
    ],
)
def test_inclusion_proofs_are_those_that_go_makes(index: int, size: int, length: int, digest: str) -> None:
    proof = tree.inclusion_proof(tree.over(LEAVES), index, size)
    assert (len(proof), sha256(b"".join(proof)).hexdigest()) == (length, digest)
    assert tree.verify_inclusion(LEAVES[index], index, size, proof, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(
    ("old", "new", "length", "digest"),
    [
        (1, 70000, 17, "834e90bf94e0793f400559c4912e0ea1e6265be0e53eb0ef946aceac71f62881"),
        (65536, 70000, 1, "08c5072bb2047f204fc175859dde7118068845dfd749145d47cc2d450b1f351b"),
        (65537, 70000, 15, "922bd62cffc6d2c4bba42c338b4d76f3fcf1cb8b8dd3114ff0d8dd9dc7847b4f"),
        (257, 1000, 11, "5220120d86ee42fc5487f4b26a421a7e96ad9730d74aeb16bd6ad6b793fb6d3e"),
    ],
)
def test_consistency_proofs_are_those_that_go_makes(old: int, new: int, length: int, digest: str) -> None:
    proof = tree.consistency_proof(tree.over(LEAVES), old, new)
    assert (len(proof), sha256(b"".join(proof)).hexdigest()) == (length, digest)
    assert tree.verify_consistency(old, new, proof, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]))


def test_what_sigsum_brings_to_a_witness_is_read_and_its_signature_holds() -> None:
    old, proof, note = asking.request_from(SIGSUM_REQUEST.encode())
    key = Verifier(
        SIGSUM,
        notes.NOTE,
        bytes.fromhex("52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd"),
    )
    said, _, signers = notes.opened(note, [key])
    assert (old, proof, said.size, signers) == (0, [], 1, (key,))
    assert asking.accepts(old, proof, None, said) == 200
    assert asking.request_of(old, proof, note).decode() == SIGSUM_REQUEST


def test_the_request_of_the_specification_is_read_and_written_byte_for_byte() -> None:
    old, proof, note = asking.request_from(SPEC_REQUEST.encode())
    said = notes.checkpoint_of(notes.note_of(note).text)
    assert (old, len(proof), said.origin, said.size) == (20852014, 4, "example.com/behind-the-sofa", 20852163)
    assert asking.request_of(old, proof, note).decode() == SPEC_REQUEST


def test_the_key_of_a_public_witness_is_read() -> None:
    vkey = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    assert notes.verifier_of(vkey).vkey == vkey
    assert notes.verifier_of(vkey).kind == notes.WITNESS


def test_the_time_of_a_cosignature_is_read_where_others_read_it() -> None:
    raw = b64decode(
        "ZGhGuQAAAABm/qTPeyKXD+R2rzyQsxPiP8mXum7qq/iF0u4vanlqJyocWODBt97w9uL+8qT7S5gxEHWWOworDcFiEBYJXORmnFBOBA=="
    )
    assert notes.Signature("any", raw[:4], raw[4:]).time == 1_727_964_367


def test_the_line_of_another_program_under_our_checkpoint_holds() -> None:
    ours, theirs = notes.verifier_of(OURS), notes.verifier_of(THEIRS)
    said, note, signers = notes.opened(COSIGNED, [ours, theirs])
    assert (said.size, signers) == (2481, (ours, theirs))
    with pytest.raises(BadNote):
        notes.opened(COSIGNED.replace("2481", "2482"), [theirs])
    assert note.signatures[1].time == 1_795_889_188


def test_a_witnesss_time_beyond_63_bits_is_no_time() -> None:
    witness = notes.Signer("witness.example/w1", notes.WITNESS, b"w" * 32)
    text = notes.Checkpoint("log.example", 7, b"r" * 32).text
    for at, holds in (((1 << 63) - 1, True), (1 << 63, False)):
        note = notes.note_of(f"{text}\n{witness.line(text, at)}")
        if holds:
            assert note.signed_by([witness.verifier])
        else:
            with pytest.raises(BadNote):
                note.signed_by([witness.verifier])


def test_sixteen_signatures_of_the_longest_kind_are_read_beside_ours() -> None:
    """Signatures of the kinds to come may have nearly 5 kB; whoever reads notes must take sixteen."""
    mine = notes.Signer("log.example", notes.NOTE, b"m" * 32)
    text = notes.Checkpoint("log.example", 7, b"r" * 32).text
    long = [notes.Signature(f"witness.example/w{n}", bytes(4), bytes(5000)).line for n in range(16)]
    note = notes.note_of(f"{text}\n{''.join(long)}{mine.line(text)}")
    assert note.signed_by([mine.verifier]) == (mine.verifier,)


@pytest.mark.parametrize("index", ["007", "-1", "+1", "٣", "1" * 20])
def test_an_index_is_written_in_one_way(index: str) -> None:
    written = notes.proof_text(7, [], COSIGNED)
    assert notes.proof_of(written).index == 7
    with pytest.raises(BadNote):
        notes.proof_of(written.replace("index 7", f"index {index}"))


def test_an_empty_log_has_one_root_only() -> None:
    empty = notes.Checkpoint("log.example", 0, tree.EMPTY_ROOT)
    assert asking.accepts(0, [], None, empty) == 200
    assert asking.accepts(0, [], None, notes.Checkpoint("log.example", 0, b"r" * 32)) == 422

"""The stand-alone verifier, run as an outsider would: a bare Python with `cryptography`, without Django, without linli."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from linli.kernel import ids
from linli.kernel.ledger import canon, keychain, notes, tree
from linli.kernel.ledger.notes import Signer

TOOL = Path(__file__).resolve().parents[2] / "tools" / "linli-verify.py"
HOLDS, BROKEN, UNREADABLE, UNKNOWN_KEY = range(4)
KEY = Signer("linli/test", notes.NOTE, b"k" * 32)
WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)
SALT, WORDS = b"s" * 16, "路灯不亮 “三天了”"
AT = "2026-03-04T05:06:07.000008Z"

# A clean interpreter (-I -S: no site-packages) sees only the standard library and the one package the tool names.
_CLEAN = """
import importlib.util, runpy, sys
class Only:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("django", "linli", "psycopg", "segno"):
            raise ImportError(name)
sys.meta_path.insert(0, Only())
sys.path.append(sys.argv.pop(1))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def verify(*arguments: object) -> tuple[int, str]:
    import cryptography

    packages = str(Path(cryptography.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", _CLEAN, packages, str(TOOL), *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, env={"PYTHONUTF8": "1"}, timeout=60)
    assert "Traceback" not in run.stderr, run.stderr
    return run.returncode, run.stdout + run.stderr


class Log:
    """Entries as the kernel writes them, with a key's statement first."""

    def __init__(self, count: int = 300, signer: Signer = KEY) -> None:
        self.signer = signer
        self.rows: list[tuple[int, str, str, int, str]] = []
        self.put("ledger.key", "ledger:key", 1, keychain.statement(signer.name, signer, None))
        for n in range(count - 1):
            body = {"n": n, "words": [["words", canon.commitment(SALT, WORDS)]]}
            self.put("matter.step", f"matter:{n % 7}", n // 7 + 1, body)

    def put(self, kind: str, subject: str, seq: int, body: dict[str, Any]) -> None:
        self.rows.append((1 << 40 | len(self.rows), kind, subject, seq, canon.text_of(body)))

    @property
    def data(self) -> list[bytes]:
        return [
            canon.entry_bytes(n, kind, subject, seq, AT, body) for n, kind, subject, seq, body in self.rows
        ]

    @property
    def leaves(self) -> list[bytes]:
        return [tree.leaf_hash(one) for one in self.data]

    def note(self, size: int = 0) -> str:
        size = size or len(self.rows)
        text = notes.Checkpoint("linli/test", size, tree.root_of(self.leaves[:size]), (notes.ALGORITHM,)).text
        return f"{text}\n{self.signer.line(text)}"

    def receipt(self, index: int = 5, **more: Any) -> str:
        size = len(self.rows)
        proof = tree.inclusion_proof(tree.over(self.leaves), index, size)
        extra = {"v": 1, "entry": self.data[index].decode(), "keys": self.keys(), **more}
        return notes.proof_text(index, proof, self.note(), canon.bytes_of(extra))

    def keys(self) -> list[dict[str, Any]]:
        return [json.loads(row[4]) for row in self.rows if row[1] == "ledger.key"]

    def export(self) -> str:
        header = json.dumps({"linli": "ledger export", "v": 1, "checkpoint": self.note()})
        return "\n".join([header, *(one.decode() for one in self.data)]) + "\n"


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


def put(folder: Path, text: str, name: str = "file") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


# ── receipts ─────────────────────────────────────────────────────────


def test_a_receipt_holds_under_a_key_that_was_given(log: Log, tmp_path: Path) -> None:
    code, said = verify("receipt", put(tmp_path, log.receipt()), "--vkey", KEY.verifier.vkey)
    assert code == HOLDS, said
    assert "成立" in said and "It holds" in said and '"n":4' in said


def test_without_a_key_it_says_that_the_key_is_unproved(log: Log, tmp_path: Path) -> None:
    code, said = verify("receipt", put(tmp_path, log.receipt()))
    assert code == UNKNOWN_KEY and KEY.verifier.vkey in said


@pytest.mark.parametrize(
    ("old", "new"), [("index 5", "index 6"), ("\n300\n", "\n301\n"), ("— linli/test ", "— linli/other ")]
)
def test_a_changed_receipt_does_not_hold(log: Log, tmp_path: Path, old: str, new: str) -> None:
    changed = log.receipt().replace(old, new, 1)
    assert verify("receipt", put(tmp_path, changed), "--vkey", KEY.verifier.vkey)[0] == BROKEN


def test_a_changed_entry_and_another_key_do_not_hold(log: Log, tmp_path: Path) -> None:
    other = log.data[5].decode().replace('"n":4', '"n":5')
    assert (
        verify("receipt", put(tmp_path, log.receipt(entry=other)), "--vkey", KEY.verifier.vkey)[0] == BROKEN
    )
    stranger = Signer("linli/test", notes.NOTE, b"x" * 32).verifier.vkey
    assert verify("receipt", put(tmp_path, log.receipt()), "--vkey", stranger)[0] == BROKEN
    assert (
        verify("receipt", put(tmp_path, log.receipt()), "--vkey", KEY.verifier.vkey, "--hash", "00" * 32)[0]
        == BROKEN
    )


def test_words_are_held_against_their_commitment(log: Log, tmp_path: Path) -> None:
    good = log.receipt(opened=[["words", SALT.hex(), WORDS]])
    code, said = verify("receipt", put(tmp_path, good), "--vkey", KEY.verifier.vkey)
    assert code == HOLDS and WORDS in said
    bad = log.receipt(opened=[["words", SALT.hex(), WORDS + "!"]])
    assert verify("receipt", put(tmp_path, bad), "--vkey", KEY.verifier.vkey)[0] == BROKEN


def test_witnesses_are_counted(log: Log, tmp_path: Path) -> None:
    key, witness = KEY.verifier.vkey, WITNESS.verifier.vkey
    text = notes.note_of(log.note()).text
    signed = log.receipt() + WITNESS.line(text, 1_700_000_000)
    assert verify("receipt", put(tmp_path, signed), "--vkey", key, "--witness", witness)[0] == HOLDS
    assert verify("receipt", put(tmp_path, log.receipt()), "--vkey", key, "--witness", witness)[0] == BROKEN
    assert (
        verify("receipt", put(tmp_path, log.receipt()), "--vkey", key, "--witness", witness, "--quorum", 0)[0]
        == HOLDS
    )
    forged = log.receipt() + Signer(WITNESS.name, notes.WITNESS, b"f" * 32).line(text, 1)
    assert verify("receipt", put(tmp_path, forged), "--vkey", key, "--witness", witness)[0] == BROKEN


def test_a_later_key_is_trusted_when_the_one_that_was_given_vouches_for_it(tmp_path: Path) -> None:
    new = Signer("linli/test", notes.NOTE, b"n" * 32)
    vouched, alone = Log(), Log()
    vouched.put("ledger.key", "ledger:key", 2, keychain.statement("linli/test", new, KEY))
    alone.put("ledger.key", "ledger:key", 2, keychain.statement("linli/test", new, None))
    vouched.signer = alone.signer = new
    assert verify("receipt", put(tmp_path, vouched.receipt()), "--vkey", KEY.verifier.vkey)[0] == HOLDS
    assert verify("export", put(tmp_path, vouched.export()), "--vkey", KEY.verifier.vkey)[0] == HOLDS
    assert verify("receipt", put(tmp_path, alone.receipt()), "--vkey", KEY.verifier.vkey)[0] == BROKEN
    assert verify("receipt", put(tmp_path, alone.receipt()))[0] == UNKNOWN_KEY


@pytest.mark.parametrize("text", ["", "hello", "c2sp.org/tlog-proof@v1\nindex 0\n\nx", "\x00\n\n"])
def test_what_is_no_receipt_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    assert verify("receipt", put(tmp_path, text))[0] == UNREADABLE
    assert verify("receipt", tmp_path / "nowhere")[0] == UNREADABLE


# ── exports and checkpoints ──────────────────────────────────────────


def test_an_export_is_recomputed(log: Log, tmp_path: Path) -> None:
    code, said = verify("export", put(tmp_path, log.export()), "--vkey", KEY.verifier.vkey)
    assert code == HOLDS and "300" in said


def test_the_table_that_linli_export_writes_is_recomputed_against_a_checkpoint(
    log: Log, tmp_path: Path
) -> None:
    lines = []
    for idx, (row, leaf) in enumerate(zip(log.rows, log.leaves, strict=True)):
        number, kind, subject, seq, body = row
        said = {
            "idx": idx,
            "id": ids.text(number),
            "kind": kind,
            "subject": subject,
            "seq": seq,
            "at": AT,
            "leaf": leaf.hex(),
        }
        lines.append(json.dumps(said | {"body": json.loads(body)}, ensure_ascii=False))
    file, head = put(tmp_path, "\n".join(lines) + "\n"), put(tmp_path, log.note(299), "head")
    assert verify("export", file, "--checkpoint", head, "--vkey", KEY.verifier.vkey)[0] == HOLDS
    assert verify("export", file)[0] == UNREADABLE
    changed = put(tmp_path, file.read_text("utf-8").replace('"n": 98', '"n": 99'))
    assert verify("export", changed, "--checkpoint", head, "--vkey", KEY.verifier.vkey)[0] == BROKEN


@pytest.mark.parametrize("what", ["changed", "removed", "added", "swapped"])
def test_any_change_of_an_export_is_found(log: Log, tmp_path: Path, what: str) -> None:
    lines = log.export().splitlines()
    if what == "changed":
        lines[100] = lines[100].replace('"n":98', '"n":99')
    elif what == "removed":
        del lines[100]
    elif what == "added":
        lines.insert(100, lines[100])
    else:
        lines[100], lines[101] = lines[101], lines[100]
    assert verify("export", put(tmp_path, "\n".join(lines) + "\n"), "--vkey", KEY.verifier.vkey)[0] == BROKEN


def test_a_spreadsheet_is_not_taken_for_an_altered_ledger(log: Log, tmp_path: Path) -> None:
    sheet = put(tmp_path, "idx,id,kind,subject,seq,at,leaf,body\n")
    code, said = verify("export", sheet, "--vkey", KEY.verifier.vkey)
    assert code == UNREADABLE and "--format jsonl" in said


def test_one_checkpoint_continues_another_only_with_a_proof_that_holds(log: Log, tmp_path: Path) -> None:
    old, new = put(tmp_path, log.note(200), "a"), put(tmp_path, log.note(), "b")
    made = tree.consistency_proof(tree.over(log.leaves), 200, 300)
    proof = put(tmp_path, "".join(b64encode(one).decode() + "\n" for one in made), "proof")
    key = KEY.verifier.vkey
    assert verify("checkpoints", new, old, proof, "--vkey", key)[0] == HOLDS
    assert verify("checkpoints", old, new, proof)[0] == UNKNOWN_KEY
    assert verify("checkpoints", old, new, "--vkey", key)[0] == UNREADABLE
    assert verify("checkpoints", old, put(tmp_path, log.note(299), "c"), proof, "--vkey", key)[0] == BROKEN


def test_a_fork_is_named(log: Log, tmp_path: Path) -> None:
    forged = Log()
    forged.rows[9] = (9, *forged.rows[9][1:])
    code, said = verify(
        "checkpoints",
        put(tmp_path, log.note(), "a"),
        put(tmp_path, forged.note(), "b"),
        "--vkey",
        KEY.verifier.vkey,
    )
    assert code == BROKEN and "分叉" in said and "a fork" in said


# ── backups ──────────────────────────────────────────────────────────


def backup(log: Log, folder: Path, *tamper: str) -> Path:
    path = folder / "db.sqlite3"
    path.unlink(missing_ok=True)
    store = sqlite3.connect(path)
    store.executescript(
        "CREATE TABLE ledger_entry (id INTEGER PRIMARY KEY, kind TEXT, subject TEXT, seq INT, at TEXT, body TEXT, leaf BLOB, idx INT);"
        "CREATE TABLE ledger_head (id INT, size INT, root BLOB);"
        "CREATE TABLE ledger_checkpoint (size INTEGER PRIMARY KEY, root BLOB, note TEXT);"
    )
    at = "2026-03-04 05:06:07.000008"
    for idx, (row, leaf) in enumerate(zip(log.rows, log.leaves, strict=True)):
        store.execute("INSERT INTO ledger_entry VALUES (?,?,?,?,?,?,?,?)", (*row[:4], at, row[4], leaf, idx))
    store.execute("INSERT INTO ledger_head VALUES (1, ?, ?)", (len(log.rows), tree.root_of(log.leaves)))
    for size in (100, 256, len(log.rows)):
        root = tree.root_of(log.leaves[:size])
        store.execute("INSERT INTO ledger_checkpoint VALUES (?,?,?)", (size, root, log.note(size)))
    for sql in tamper:
        store.execute(sql)
    store.commit()
    store.close()
    return path


def test_a_backup_is_recomputed_from_its_tables(log: Log, tmp_path: Path) -> None:
    code, said = verify("backup", backup(log, tmp_path), "--vkey", KEY.verifier.vkey)
    assert code == HOLDS, said
    assert "3 checkpoints fit" in said
    assert verify("backup", tmp_path, "--vkey", KEY.verifier.vkey)[0] == HOLDS


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET body = '{}' WHERE idx = 50",
        "UPDATE ledger_entry SET at = '2026-03-04 05:06:08.000008' WHERE idx = 50",
        "DELETE FROM ledger_entry WHERE idx = 50",
        "DELETE FROM ledger_entry WHERE idx >= 290",
        "UPDATE ledger_head SET size = 299",
        "UPDATE ledger_checkpoint SET root = zeroblob(32) WHERE size = 100",
        "UPDATE ledger_checkpoint SET note = replace(note, 'sha-256', 'sha-512') WHERE size = 256",
        "UPDATE ledger_entry SET leaf = zeroblob(32) WHERE idx = 7",
    ],
)
def test_any_change_of_a_backup_is_found(log: Log, tmp_path: Path, sql: str) -> None:
    assert verify("backup", backup(log, tmp_path, sql), "--vkey", KEY.verifier.vkey)[0] == BROKEN


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    assert verify("backup", put(tmp_path, "age-encryption"))[0] == UNREADABLE
    assert verify("backup", tmp_path)[0] == UNREADABLE


def test_it_writes_ids_and_moments_as_the_kernel_does() -> None:
    source = TOOL.read_text("utf-8")
    assert "import linli" not in source and "django" not in source.lower()
    space: dict[str, Any] = {"__name__": "tool"}
    exec(compile(source, str(TOOL), "exec"), space)
    assert space["id_text"](123456789012345) == ids.text(123456789012345)
    assert space["stamp"]("2026-03-04 05:06:07") == "2026-03-04T05:06:07.000000Z"

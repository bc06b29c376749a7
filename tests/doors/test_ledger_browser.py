"""An outsider's day with the real program: the log is signed by itself, checked in a browser, witnessed, and checked without us."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable
from json import loads
from pathlib import Path
from typing import Any

import pytest

from linli.doors.cli import witness
from linli.kernel import ids
from linli.kernel.ledger import notes, tiles, tree
from linli.kernel.ledger.notes import Signer
from tests.machine import Program

pytestmark = pytest.mark.browser
TOOL = Path(__file__).resolve().parents[2] / "tools" / "linli-verify.py"
WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


FILL = """
from linli.config import wiring
wiring.setup()
wiring.prepare()
from linli.kernel import store
from linli.kernel.ledger import append
with store.acting():
    append.commit_many(("test.step", "test:a", n + 1, {"n": n}) for n in range(300))
"""

LATE = FILL.replace("test:a", "test:late")


def filled(folder: Path, script: str = FILL) -> Path:
    """A data folder with some entries in its log, not yet sequenced."""
    env = {**os.environ, "LINLI_DATA": str(folder), "LINLI_DB": "", "LINLI_MODE": "serve"}
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=120)
    return folder


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def log(program: Callable[..., Program], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program, serving, with its first checkpoint published by its own worker."""
    env = {"LINLI_WITNESSES": WITNESS.verifier.vkey, "LINLI_CHECKPOINT_EVERY": "1"}
    one = program("serve", env=env, data=filled(tmp_path_factory.mktemp("log")))
    until = time.monotonic() + 30
    while True:
        try:
            fetch(f"{one.url}/ledger/checkpoint")
            return one
        except urllib.error.HTTPError:
            assert time.monotonic() < until, one.said()
            time.sleep(0.2)


@pytest.fixture(scope="module")
def entry(log: Program) -> bytes:
    """The first entry of the log."""
    size = notes.checkpoint_of(notes.note_of(fetch(f"{log.url}/ledger/checkpoint").decode()).text).size
    return tiles.unbundle(fetch(f"{log.url}/ledger/tile/" + tiles.path(tiles.ENTRIES, 0, min(256, size))))[0]


@pytest.fixture(scope="module")
def receipt(log: Program, entry: bytes) -> str:
    return fetch(f"{log.url}/ledger/proof/{loads(entry)['id']}").decode()


@pytest.fixture(scope="module")
def vkey(log: Program) -> str:
    return str(loads(fetch(f"{log.url}/ledger/keys"))["keys"][-1]["vkey"])


def paste(page: Any, receipt: str, vkey: str = "") -> str:
    page.evaluate("document.querySelector('#drop details').open = true")
    page.fill("#written", receipt)
    page.fill("#vkey", vkey)
    page.click("#check button")
    page.wait_for_selector("#result .lg-verdict")
    return str(page.inner_text("#result"))


@pytest.mark.parametrize("crypto", [True, False], ids=["WebCrypto", "without WebCrypto"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_browser_checks_a_receipt_offline(
    log: Program, visitor: Any, receipt: str, vkey: str, lang: str, crypto: bool
) -> None:
    page = visitor(f"{log.url}/ledger/verify", lang=lang, phone=True)
    if not crypto:
        page.evaluate("Object.defineProperty(globalThis.crypto, 'subtle', {value: undefined})")
    page.context.set_offline(True)
    said = paste(page, receipt, vkey)
    assert ("查验通过" if lang == "zh" else "It holds") in said
    assert "✗" not in said and vkey.split("+")[0] in said
    said = paste(page, receipt.replace("index 0", "index 1", 1), vkey)
    assert ("查验没有通过" if lang == "zh" else "It does not hold") in said
    stranger = Signer(vkey.split("+")[0], notes.NOTE, b"x" * 32).verifier.vkey
    assert "✗" in paste(page, receipt, stranger)


def test_without_a_key_it_asks_to_compare_and_then_remembers(
    log: Program, visitor: Any, receipt: str, vkey: str
) -> None:
    page = visitor(f"{log.url}/ledger/verify", lang="en")
    said = paste(page, receipt)
    assert "its key was not compared yet" in said and vkey in said
    page.click("#result button")
    page.wait_for_selector("#result .lg-verdict.yes")
    assert "It holds" in page.inner_text("#result")


def test_the_square_fetches_the_proof_and_insists_on_its_hash(
    log: Program, visitor: Any, entry: bytes
) -> None:
    number = loads(entry)["id"]
    assert ids.parse(number)
    for data, sign in ((entry, ""), (entry + b"x", "✗")):
        mark = urlsafe_b64encode(tree.leaf_hash(data)).decode().rstrip("=")
        page = visitor(f"{log.url}/ledger/verify#{number}.{mark}", lang="en")
        page.wait_for_selector("#result .lg-verdict")
        said = page.inner_text("#result")
        assert "Same hash as in the square" in said
        assert sign in said if sign else "✗" not in said


def test_only_what_looks_like_a_receipt_is_said_to_be_altered(
    log: Program, visitor: Any, receipt: str
) -> None:
    page = visitor(f"{log.url}/ledger/verify", lang="en")
    for words, said in (("", "Choose a receipt file first"), ("hello\n\nthere\n", "This is not a receipt")):
        told = paste(page, words)
        assert said in told and "It does not hold" not in told
    assert "It does not hold" in paste(page, receipt.partition("\n")[2])  # its first line is gone


def test_a_witness_signs_and_the_receipt_carries_it_to_the_verifier(
    log: Program, visitor: Any, receipt: str, vkey: str, tmp_path: Path
) -> None:
    key = tmp_path / "w.key"
    key.write_text(WITNESS.skey)
    assert (
        witness.run([log.url, "--key", str(key), "--state", str(tmp_path / "s"), "--once", "--vkey", vkey])
        == 0
    )
    proof = notes.proof_of(receipt)
    signed = fetch(f"{log.url}/ledger/proof/{loads(loads(proof.extra)['entry'])['id']}").decode()
    file = tmp_path / "r.tlog-proof"
    file.write_text(signed, "utf-8")
    command = [
        sys.executable,
        str(TOOL),
        "receipt",
        str(file),
        "--vkey",
        vkey,
        "--witness",
        WITNESS.verifier.vkey,
    ]
    run = subprocess.run(command, capture_output=True, text=True, env={"PYTHONUTF8": "1"}, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    page = visitor(f"{log.url}/ledger/verify", lang="en")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.fill("#witness", WITNESS.verifier.vkey)
    assert "witness.example/w1 saw this checkpoint" in paste(page, signed, vkey)


def test_the_last_entries_are_signed_when_the_program_stops(
    program: Callable[..., Program], tmp_path: Path
) -> None:
    one = program("serve", env={"LINLI_CHECKPOINT_EVERY": "3600"}, data=filled(tmp_path))
    until = time.monotonic() + 30
    while b'"published": 0' in fetch(f"{one.url}/healthz") and time.monotonic() < until:
        time.sleep(0.2)
    filled(tmp_path, LATE)
    one.stop()
    remembered = (one.data / "secrets" / "ledger.checkpoint").read_text("utf-8")
    run = subprocess.run(
        [sys.executable, str(TOOL), "backup", str(one.data)], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 3, run.stdout + run.stderr  # no key was given
    size = notes.checkpoint_of(notes.note_of(remembered).text).size
    assert size > 600
    assert f"from {size} entries" in run.stdout

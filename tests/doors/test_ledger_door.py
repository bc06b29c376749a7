"""What outsiders read of the log over HTTP, and the receipts that reporters and staff are given."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from linli.doors.ledger import asked_often, standing
from linli.kernel import ids, store
from linli.kernel.ledger import append, canon, keys, notes, publish, rows, tiles, tree
from linli.kernel.ledger.notes import Signer
from linli.kernel.people.devices import RecoverySet
from linli.kernel.people.models import Person
from tests.town import Town

pytestmark = pytest.mark.django_db
WITNESS = Signer("witness.example/w1", notes.WITNESS, b"w" * 32)


@pytest.fixture(autouse=True)
def _own_secrets(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    asked_often.proofs.forget()
    asked_often.lines.forget()


def grow(count: int) -> publish.Published:
    with store.acting():
        start = append.next_seq("test:a")
        append.commit_many(("test.step", "test:a", start + n, {"n": n}) for n in range(count))
    made = publish.publish()
    assert made is not None
    return made


def get(address: str, status: int = 200) -> Any:
    answer = Client().get(address)
    assert answer.status_code == status, (address, answer.status_code, answer.content[:300])
    return answer


# ── tiles ────────────────────────────────────────────────────────────


def test_a_stranger_proves_any_entry_from_checkpoint_and_tiles_alone() -> None:
    grow(600)
    said, _, _ = notes.opened(get("/ledger/checkpoint").content.decode(), keys.history())

    def fetch(level: int, index: int, width: int) -> bytes:
        answer = get("/ledger/tile/" + tiles.path(level, index, width))
        assert len(answer.content) == 32 * width
        return answer.content  # type: ignore[no-any-return]

    read = tiles.Tiles(said.size, fetch)
    assert tree.subtree_root(read.subtree, 0, said.size) == said.root
    entries = tiles.unbundle(get("/ledger/tile/entries/001").content)
    assert len(entries) == 256
    proof = tree.inclusion_proof(read.subtree, 300, said.size)
    assert tree.verify_inclusion(tree.leaf_hash(entries[44]), 300, said.size, proof, said.root)


def test_tiles_are_kept_for_good_and_checkpoints_are_not() -> None:
    grow(300)
    full, part = get("/ledger/tile/0/000"), get("/ledger/tile/entries/001.p/2")
    assert "immutable" in full["Cache-Control"] and "immutable" in part["Cache-Control"]
    assert full["Content-Type"] == "application/octet-stream"
    head = get("/ledger/checkpoint")
    assert head["Content-Type"] == "text/plain; charset=utf-8"
    assert head["Cache-Control"] == "public, max-age=2"


def test_what_is_not_published_is_not_shown() -> None:
    get("/ledger/checkpoint", 404)
    made = grow(10)
    with store.acting():
        append.commit("test.step", "test:b", 1, {})
    from linli.kernel.ledger import sequence

    sequence.sequence_all()
    get(f"/ledger/tile/0/000.p/{made.size}")
    get(f"/ledger/tile/0/000.p/{made.size + 1}", 404)
    get(f"/ledger/tile/entries/000.p/{made.size + 1}", 404)
    get(f"/ledger/consistency/1/{made.size + 1}", 404)


@pytest.mark.parametrize("path", ["0/000", "0/1", "9/000", "0/000.p/0", "1/000.p/1", "entries/001", "x/000"])
def test_a_tile_that_is_not_there_is_not_found(path: str) -> None:
    grow(10)
    get(f"/ledger/tile/{path}", 404)


def test_an_office_may_show_hashes_only(settings: Any) -> None:
    settings.LEDGER_ENTRIES = "closed"
    made = grow(10)
    get(f"/ledger/tile/0/000.p/{made.size}")
    get(f"/ledger/tile/entries/000.p/{made.size}", 403)
    entry = rows.read(3, 1)[0]
    proof = notes.proof_of(get(f"/ledger/proof/{ids.text(entry.id)}").content.decode())
    assert proof.extra == b"" and proof.index == 3


def test_earlier_checkpoints_their_proofs_and_the_keys_are_shown() -> None:
    first, second = grow(10), grow(300)
    old, _, _ = notes.opened(get(f"/ledger/checkpoint/{first.size}").content.decode(), keys.history())
    lines = get(f"/ledger/consistency/{first.size}/{second.size}").content.decode().split()
    proof = [base64.b64decode(line) for line in lines]
    assert tree.verify_consistency(old.size, second.size, proof, old.root, second.root)
    assert get("/ledger/keys").json() == {"origin": keys.origin(), "keys": keys.statements()}
    get("/ledger/checkpoint/5", 404)


def test_proofs_cannot_be_asked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made = grow(10)
    monkeypatch.setattr(asked_often.proofs, "most", 2)
    assert [Client().get(f"/ledger/consistency/1/{made.size}").status_code for _ in range(3)] == [
        200,
        200,
        429,
    ]


# ── witnesses ────────────────────────────────────────────────────────


def hand_in(note: str) -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post("/ledger/cosignatures", note.encode(), content_type="text/plain")


def test_a_known_witness_hands_in_its_line_and_it_is_shown(settings: Any) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    text = notes.note_of(grow(10).note).text
    assert hand_in(f"{text}\n{WITNESS.line(text, 1_700_000_000)}").status_code == 200
    shown = notes.note_of(get("/ledger/checkpoint").content.decode())
    assert WITNESS.verifier in shown.signed_by([WITNESS.verifier])
    assert "witness.example/w1" in get("/ledger/").content.decode()


def test_a_stranger_and_nonsense_are_turned_away(settings: Any) -> None:
    settings.WITNESSES = (WITNESS.verifier.vkey,)
    text = notes.note_of(grow(10).note).text
    stranger = Signer("stranger.example", notes.WITNESS, b"s" * 32)
    assert hand_in(f"{text}\n{stranger.line(text, 1)}").status_code == 403
    assert hand_in("nonsense").status_code == 422
    other = notes.Checkpoint(keys.origin(), 5, b"r" * 32).text
    assert hand_in(f"{other}\n{WITNESS.line(other, 1)}").status_code == 409
    assert "witness" not in get("/ledger/checkpoint").content.decode()


# ── receipts ─────────────────────────────────────────────────────────


def reporter(token: str) -> Client:
    client = Client()
    assert client.get(f"/m/{token}/").status_code == 200  # the browser remembers the link
    return client


def test_a_reporter_gets_a_receipt_with_their_own_words_opened(town: Town) -> None:
    made = town.report()
    client = reporter(made.token)
    address = f"/ledger/receipt/{ids.text(made.matter_id)}/opening/"
    waiting = client.get(address).content.decode()
    assert "凭证马上就好" in waiting and made.entry_hash in waiting
    assert client.get(f"{address}file").status_code == 429
    publish.publish()
    assert "凭证已经好了" in client.get(address).content.decode()
    answer = client.get(f"{address}file")
    assert answer["Content-Disposition"].endswith('-opening.tlog-proof"')
    proof = notes.proof_of(answer.content.decode())
    said, _, _ = notes.opened(proof.checkpoint, keys.history())
    extra = json.loads(proof.extra)
    leaf = tree.leaf_hash(extra["entry"].encode())
    assert leaf.hex() == made.entry_hash
    assert tree.verify_inclusion(leaf, proof.index, said.size, proof.hashes, said.root)
    committed = json.loads(extra["entry"])["body"]["words"]
    assert ["words", "三号楼二单元楼道漏水"] in [[field, text] for field, _, text in extra["opened"]]
    for field, salt, text in extra["opened"]:
        assert [field, canon.commitment(bytes.fromhex(salt), text)] in committed


def test_the_square_leads_to_the_check_of_exactly_this_entry(town: Town) -> None:
    made = town.report()
    page = reporter(made.token).get(f"/ledger/receipt/{ids.text(made.matter_id)}/opening/").content.decode()
    found = re.search(r"/ledger/verify#([0-9a-z]{13})\.([\w-]{43})", page)
    assert found is not None and "<svg" in page
    assert base64.urlsafe_b64decode(found[2] + "=").hex() == made.entry_hash
    publish.publish()
    proof = notes.proof_of(get(f"/ledger/proof/{found[1]}").content.decode())
    extra = json.loads(proof.extra)
    assert tree.leaf_hash(extra["entry"].encode()).hex() == made.entry_hash
    assert "opened" not in extra and "漏水" not in extra["entry"]


def test_the_end_has_a_receipt_once_there_is_one(town: Town) -> None:
    made = town.report()
    client = reporter(made.token)
    address = f"/ledger/receipt/{ids.text(made.matter_id)}/end/"
    assert client.get(address).status_code == 404
    town.finish(made.matter_id)
    client.post(f"/m/{made.token}/do/answer/", {"solved": "yes", "satisfied": "yes", "key": "a" * 32})
    publish.publish()
    assert client.get(address).status_code == 200
    extra = json.loads(notes.proof_of(client.get(f"{address}file").content.decode()).extra)
    assert json.loads(extra["entry"])["body"]["facts"]["effects"]["ended"] is not None
    assert "opened" not in extra


def test_staff_get_receipts_without_anybodys_words_and_strangers_none(town: Town) -> None:
    made = town.report()
    publish.publish()
    address = f"/ledger/receipt/{ids.text(made.matter_id)}/opening/file"
    assert Client().get(address).status_code == 404
    staff = Client()
    worker = Person.objects.get(pk=town.ids["worker"])
    staff.force_login(worker, backend="django.contrib.auth.backends.ModelBackend")
    assert staff.get(address).status_code == 404  # without the second factor nobody is staff
    session = staff.session
    session["otp_device_id"] = RecoverySet.objects.create(user=worker, name="test").persistent_id
    session.save()
    answer = staff.get(address)
    assert answer.status_code == 200
    assert "opened" not in json.loads(notes.proof_of(answer.content.decode()).extra)
    assert Client().get("/ledger/receipt/0000000000000/opening/").status_code == 404


# ── pages and health ─────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_pages_are_there_before_and_after_anything_was_signed(lang: str) -> None:
    client = Client()
    client.cookies["lang"] = lang
    assert client.get("/ledger/").status_code == client.get("/ledger/verify").status_code == 200
    made = grow(3)
    shown = client.get("/ledger/").content.decode()
    assert (
        keys.history()[-1].vkey in shown.replace("&#x2B;", "+")
        and base64.b64encode(made.root).decode() in shown
    )
    assert 'id="file"' in client.get("/ledger/verify").content.decode()


def test_the_health_page_tells_a_lost_key_and_a_store_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert standing.check().state == "ok"
    grow(10)
    publish.tick()
    told = standing.check()
    assert (told.state, told.facts["behind"], told.facts["published"]) == ("ok", 0, 11)
    said = notes.Checkpoint(keys.origin(), 500, b"r" * 32).text
    keys.keep(publish.MEMORY, f"{said}\n{keys.signer().line(said)}")
    assert (standing.check().state, standing.check().facts["error"]) == ("failed", "ledger.behind")
    (tmp_path / "secrets" / "ledger.key").unlink()
    assert standing.check().facts["error"] == "ledger.key_lost"
    monkeypatch.setattr(publish, "_here", False)
    assert standing.check().state == "ok"  # a process that only answers pages need not have the key

"""``linli privacy report`` says what is kept how long, and names the backups that are older than they may be."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from linli.config.backups import making, vault
from linli.doors.cli import privacy
from linli.kernel import ids, moment, store
from linli.kernel.ledger import append
from tests.town import Town

pytestmark = pytest.mark.django_db


def told(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, dict[str, list[dict[str, object]]]]:
    code = privacy.run(["report", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_every_class_is_told_for_programs_and_for_people(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = told(capsys)
    assert code == 0 and said["backups_too_old"] == []
    assert {"contacts", "words", "calls", "looks"} <= {str(line["class"]) for line in said["classes"]}
    assert privacy.run(["report"]) == 0
    shown = capsys.readouterr().out
    assert "姓名、电话、门牌" in shown and "Name, number, room" in shown and "180 d" in shown


def test_a_backup_older_than_it_may_be_is_named_until_it_is_gone(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = vault.opened(tmp_path / "kept", passphrase="a long enough passphrase", make=True)
    with moment.at(moment.now() - timedelta(days=40)):
        name = f"{moment.now():%Y%m%dT%H%M%SZ}-{ids.text(ids.new_id())}"
        kept.put_manifest(name, {"files": []})
        with store.acting():
            append.commit("backup.made", f"backup:{name.partition('-')[2]}", 1, {"name": name})
    code, said = told(capsys)
    assert code == 1 and [line["name"] for line in said["backups_too_old"]] == [name]
    assert told(capsys, "--backup-days", "60")[0] == 0
    making.remove(kept, [name])
    assert told(capsys)[0] == 0

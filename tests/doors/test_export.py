"""What leaves by ``linli export``: whole, safe in a spreadsheet, and nobody's words without a reason that is recorded."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from linli.doors.cli import export
from linli.doors.cli.telling import calm
from linli.kernel import ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger import sequence
from linli.kernel.people.models import AccessLog
from tests import town as towns

pytestmark = pytest.mark.django_db
PRIVATE = ("赵师傅", "19900001234", "楼道漏水", "三号楼")


@pytest.mark.parametrize("what", ["matters", "steps", "ledger"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_nothing_private_leaves_unasked(town: towns.Town, tmp_path: Path, what: str, form: str) -> None:
    matter = town.report(address="三号楼二单元").matter_id
    town.take("worker", matter, "note", words="楼道漏水，赵师傅在家")
    sequence.sequence_all()
    out = tmp_path / "out"
    assert export.run([what, "--format", form, "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    assert ids.text(matter) in text
    assert not [word for word in PRIVATE if word in text]
    assert AccessLog.objects.count() == 0


def test_with_contacts_needs_a_reason_and_records_every_look(town: towns.Town, tmp_path: Path) -> None:
    receipts = [town.report(), town.report(at=511)]
    with pytest.raises(Refusal, match=r"export\.why"):
        export.run(["matters", "--with-contacts"])
    out = tmp_path / "out.jsonl"
    export.run(["matters", "--with-contacts", "--why", "年度核对", "--format", "jsonl", "--out", str(out)])
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["phone"] for line in lines] == ["19900001234"] * 2
    assert lines[0]["words"] == "三号楼二单元楼道漏水"
    looked = AccessLog.objects.filter(what="export").values_list("matter_id", "why")
    assert set(looked) == {(receipt.matter_id, "年度核对") for receipt in receipts}


def test_a_table_is_for_spreadsheets(town: towns.Town, tmp_path: Path) -> None:
    town.report(words="=HYPERLINK(1)")
    out = tmp_path / "out.csv"
    export.run(["matters", "--bom", "--out", str(out), "--with-contacts", "--why", "核对"])
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    row = next(csv.DictReader(out.read_text("utf-8-sig").splitlines()))
    assert row["words"] == "'=HYPERLINK(1)"
    assert row["lon"].startswith("108.9"), "numbers stay numbers"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\ta", "\ra"])
def test_text_that_a_spreadsheet_would_run_is_calmed(cell: str) -> None:
    assert calm(cell) == "'" + cell


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert [calm(cell) for cell in (-1.5, "a=1", "", None)] == [-1.5, "a=1", "", None]


def test_only_the_ground_and_the_days_asked_for(town: towns.Town, tmp_path: Path) -> None:
    for place in (501, 521):
        town.report(at=place)
    out = tmp_path / "out.jsonl"
    export.run(["matters", "--format", "jsonl", "--place", "99000005", "--out", str(out)])
    assert [json.loads(line)["place"] for line in out.read_text().splitlines()] == ["99000501"]
    export.run(["matters", "--format", "jsonl", "--until", "2020-01-01", "--out", str(out)])
    assert out.read_text() == ""
    with pytest.raises(Refusal, match=r"export\.no_place"):
        export.run(["matters", "--place", "nowhere"])


def test_a_file_is_there_whole_or_not_at_all(
    town: towns.Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.report()
    out = tmp_path / "out.csv"

    def breaks(matter: object) -> dict[str, object]:
        raise OSError("disk full")

    monkeypatch.setattr(export, "_matter_line", breaks)
    with pytest.raises(OSError):
        export.run(["matters", "--out", str(out)])
    assert list(tmp_path.iterdir()) == []

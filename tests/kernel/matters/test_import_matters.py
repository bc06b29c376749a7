"""Another system's matters come in with their own times, once, whole or not at all, and every refused row says why."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from linli.doors.cli import coarse_places, mapping, matters
from linli.kernel import store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import audit, sequence
from linli.kernel.matters import audit as states
from linli.kernel.matters.models import Clock, Matter, Step, Words
from linli.kernel.notices.following import Notices
from linli.kernel.packspec import editions
from linli.kernel.people import snapshot
from linli.kernel.places import epochs
from linli.kernel.places.tree import tree
from tests import town as towns

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[4] / "shared" / "data"
MAP = """
source = "old"
id = "no"
pack = "archive"
timezone = "Asia/Shanghai"
[opened]
column = "opened"
formats = ["%Y-%m-%d %H:%M"]
needed = true
[closed]
column = "closed"
formats = ["%Y-%m-%d %H:%M"]
[status]
column = "state"
closed = ["done*"]
[where]
lon = "lon"
lat = "lat"
address = "address"
missing = [[0.0, 0.0]]
[place]
code = "grid"
[words]
columns = ["text"]
most = 20
[reason]
columns = ["result"]
default = "as recorded"
[kind]
column = "kind"
[kind.values]
"noise*" = "noise"
"lamp" = "lamp"
"""
HEAD = ["no", "kind", "opened", "closed", "state", "lon", "lat", "address", "grid", "text", "result"]


def told(report: Path) -> list[dict[str, str]]:
    """The refused rows of a report; none where nothing was refused."""
    return list(csv.DictReader(report.read_text("utf-8-sig").splitlines())) if report.exists() else []


@pytest.fixture
def desk(town: towns.Town, tmp_path: Path) -> Any:
    """``desk(row, …)`` imports rows (dicts over a good one) and answers ``(code, refused rows)``."""
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    lon, lat = towns.spot(501)
    good = {
        "kind": "noise - loud",
        "opened": "2026-02-01 10:00",
        "closed": "2026-02-01 12:30",
        "state": "done",
        "lon": lon,
        "lat": lat,
    }

    def run(*rows: dict[str, Any], more: tuple[str, ...] = ()) -> tuple[int, list[dict[str, str]]]:
        file, report = tmp_path / "old.csv", tmp_path / "refused.csv"
        report.unlink(missing_ok=True)
        with open(file, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, HEAD)
            writer.writeheader()
            writer.writerows({"no": str(n), **good, **row} for n, row in enumerate(rows, 1))
        code = matters.run([str(file), "--map", str(tmp_path / "map.toml"), "--report", str(report), *more])
        refused = told(report)
        return code, refused

    return run


def test_a_settled_row_arrives_with_its_own_times_and_the_reason_of_the_file(desk: Any) -> None:
    assert desk({"result": "已到场制止", "text": "夜里很吵"}) == (0, [])
    matter = Matter.objects.get()
    assert matter.opened_at == datetime(2026, 2, 1, 2, 0, tzinfo=UTC)
    assert matter.ended_at == datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
    assert (matter.pack, matter.kind, matter.source, matter.stage, matter.place_id) == (
        "archive",
        "noise",
        "import",
        "closed",
        501,
    )
    assert [step.act for step in Step.objects.order_by("seq")] == ["open", "close"]
    assert Words.objects.get(field="reason").text == "已到场制止"
    assert Clock.objects.get().state == "stopped", (
        "what another office kept is not counted as kept by this one"
    )


def test_an_open_row_stands_with_somebody_under_a_clock(desk: Any, town: towns.Town) -> None:
    desk({"state": "open", "closed": ""})
    matter = Matter.objects.get()
    assert (matter.stage, matter.holder_id) == ("kept", town.ids["supervisor"])
    assert matter.due_at is not None


def test_a_row_enters_once_however_often_the_file_is_imported(
    desk: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    desk({}, {"kind": "lamp"})
    assert desk(
        {}, {"kind": "lamp"}, {"kind": "lamp", "opened": "2026-02-03 08:00", "closed": "2026-02-03 09:00"}
    ) == (0, [])
    assert Matter.objects.count() == 3
    assert "1 taken in" in capsys.readouterr().out


def test_keys_are_forgotten_and_rows_are_known_all_the_same(desk: Any) -> None:
    from linli.kernel.matters import again

    desk({})
    again.forget()
    desk({})
    assert Matter.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"no": ""}, "import.no_id"),
        ({"kind": "weather"}, "import.kind_unknown"),
        ({"opened": "1 Feb"}, "import.bad_time"),
        ({"opened": ""}, "import.bad_time"),
        ({"closed": "2026-01-31 10:00"}, "import.closed_early"),
        ({"opened": "2999-01-01 10:00", "closed": "2999-01-02 10:00"}, "import.future"),
        ({"lon": "0.0", "lat": "0.0"}, "import.no_place"),
        ({"lon": "", "lat": ""}, "import.no_place"),
        ({"lon": "1.5", "lat": "1.5"}, "import.no_place"),
        ({"opened": "2020-02-01 10:00", "closed": ""}, "import.no_place"),
        ({"opened": "2020-02-01 10:00", "lon": "", "lat": "", "address": "杏花苑"}, "import.no_place"),
    ],
)
def test_a_row_that_cannot_be_taken_in_is_named_with_its_line_and_reason(
    desk: Any, row: dict[str, str], code: str
) -> None:
    exit_code, refused = desk({}, row, {})
    assert exit_code == 1
    assert [(line["row"], line["code"]) for line in refused] == [("3", code)]
    assert refused[0]["zh"] and refused[0]["en"]
    assert Matter.objects.count() == 2, "the rows around it are in"


def test_a_row_without_a_point_stands_where_its_code_its_address_or_the_operator_says(desk: Any) -> None:
    nowhere = {"lon": "", "lat": ""}
    desk(nowhere | {"grid": "99000502"}, nowhere | {"address": "杏花苑"})
    assert sorted(Matter.objects.values_list("place_id", flat=True)) == [51, 502]
    desk({}, {}, nowhere, more=("--place", "99000521"))
    assert Matter.objects.filter(place_id=521).count() == 1


def test_nothing_is_half_imported(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = matters.acts.take

    def fails(*args: Any, **kw: Any) -> Any:
        real(*args, **kw)
        raise Refusal("act.not_now")

    monkeypatch.setattr(matters.acts, "take", fails)
    code, refused = desk({})
    assert (code, refused[0]["code"]) == (1, "act.not_now")
    assert Matter.objects.count() == Step.objects.count() == 0


def test_words_too_long_for_the_map_are_cut_and_counted(
    desk: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    desk({"text": "吵" * 30})
    assert Words.objects.get(field="words").text == "吵" * 19 + "…"
    assert "1 rows were cut" in capsys.readouterr().out


def test_cells_of_the_report_are_not_run_as_formulas(desk: Any) -> None:
    _, refused = desk({"no": "=2+5", "kind": "?"})
    assert refused[0]["id"] == "'=2+5"


def test_nobody_is_told_about_what_was_settled_long_ago(desk: Any) -> None:
    from linli.kernel.ledger import rows
    from linli.kernel.notices.models import Notice

    desk({}, {"kind": "lamp"})
    sequence.sequence_all()
    with store.acting():
        Notices().digest([entry for entry in rows.read(0, 1000) if entry.kind == "matter.step"])
    assert Notice.objects.count() == 0


def test_the_ledger_of_an_import_verifies_and_its_matters_can_be_derived(desk: Any) -> None:
    desk({}, {"kind": "lamp", "state": "open", "closed": ""})
    sequence.sequence_all()
    assert audit.verify().clean
    assert list(states.differences()) == []


def test_a_map_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"import\.map_missing"):
        mapping.load("no-such-map")
    faulty = tmp_path / "faulty.toml"
    for text in ("source =", "pack = 'archive'", "source='a'\npack='archive'\ntimezone='Moon/Sea'"):
        faulty.write_text(text)
        with pytest.raises(Refusal, match=r"import\.map_faulty"):
            mapping.load(str(faulty))


def test_every_map_of_ours_names_kinds_that_its_pack_has(town: towns.Town) -> None:
    for path in sorted(mapping.HOME.glob("*.toml")):
        table = mapping.load(path.stem).table
        pack = editions.all_current()[table["pack"]]
        kinds = {
            *table["kind"]["values"].values(),
            *([table["kind"]["default"]] if "default" in table["kind"] else []),
        }
        for kind in kinds:
            key, _, condition = kind.partition("/")
            assert key in pack.kinds, f"{path.stem}: {kind}"
            assert not condition or condition in {each.key for each in pack.kinds[key].conditions}, (
                f"{path.stem}: {kind}"
            )


# ── places made of the file ───────────────────────────────────────────


@pytest.fixture
def empty(db: None) -> Any:
    """A store with packs and nothing else."""
    editions.forget()
    editions.install()
    epochs.forget()
    snapshot.forget()
    yield
    editions.forget()
    epochs.forget()
    snapshot.forget()


def test_made_places_hold_their_own_points_without_gap_or_overlap(empty: None) -> None:
    from linli.kernel.places import locate

    spots = [
        (("East" if x > 4 else "West", f"B{x}{y}"), 100 + x / 50, 30 + y / 50)
        for x in range(9)
        for y in range(4)
    ]
    made = {
        "root": {"code": "990009", "name": "Town"},
        "levels": [{"level": "street"}, {"level": "community"}],
    }
    since = datetime(2019, 1, 1, tzinfo=UTC)
    assert coarse_places.make(spots, made, since, "test") == 1 + 2 + 36
    assert coarse_places.make(spots, made, since, "test") == 0, "a second time there is nothing to do"
    for names, lon, lat in spots:
        hit = locate.owner_of(lon, lat)
        assert hit is not None
        assert tree().place(hit.place_id).name == names[-1]
        assert coarse_places.by_names("990009", names) == hit.place_id
    assert coarse_places.by_names("990009", ("North",)) is None


REAL = {"nyc311": "c311/nyc_311_dec2019.csv", "baltimore311": "c311/baltimore_5000.csv"}


@pytest.mark.parametrize("name", REAL)
def test_the_real_files_come_in_on_places_of_their_own(empty: None, name: str, tmp_path: Path) -> None:
    file = DATA / REAL[name]
    if not file.is_file():
        pytest.skip(f"{file} is not on this machine")
    report = tmp_path / "refused.csv"
    matters.run(
        [
            str(file),
            "--map",
            name,
            "--make-places",
            "--holder",
            "old-hand",
            "--limit",
            "120",
            "--report",
            str(report),
        ]
    )
    entered, refused = Matter.objects.count(), len(told(report))
    assert entered + refused == 120
    assert entered > 100
    assert Matter.objects.filter(ended_at__isnull=False).count() > 90
    if name == "baltimore311":
        assert not Matter.objects.filter(lon=-77.0).exists(), "39.0/-77.0 means that nobody knew"


def test_the_real_messages_become_requests_of_today(town: towns.Town, tmp_path: Path) -> None:
    file = DATA / "messages/labelled.csv"
    if not file.is_file():
        pytest.skip(f"{file} is not on this machine")
    code = matters.run(
        [
            str(file),
            "--map",
            "messages",
            "--place",
            "99000501",
            "--limit",
            "30",
            "--report",
            str(tmp_path / "r.csv"),
        ]
    )
    assert code == 0
    assert (
        Matter.objects.filter(pack="request", stage="reported", holder_role="hotline_operator").count() == 30
    )

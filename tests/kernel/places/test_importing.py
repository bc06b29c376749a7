"""Bringing places in: every problem at once with its row and reason, and all or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linli.kernel.errors import Refusal, sentences
from linli.kernel.ledger.models import Entry
from linli.kernel.places import crs
from linli.kernel.places.importing import Plan, apply, plan_import
from linli.kernel.places.models import Place, PlaceVersion, Survey
from linli.kernel.places.tree import Tree, tree
from tests.kernel.places.town import (
    COMMUNITY,
    DISTRICT,
    FIRST_DAY,
    SECOND_DAY,
    STREET,
    buildings,
    collection,
    feature,
    micro,
    square,
    town,
)

Town = dict[str, Any]


def reasons(plan: Plan, severity: str = "error") -> list[tuple[int, str]]:
    return [(problem.row, problem.reason) for problem in plan.problems if problem.severity == severity]


def overlapping(made: Town) -> None:
    made["features"][5]["geometry"] = square(0, 0, 1.3, 2)


def with_a_gap(made: Town) -> None:
    made["features"][8]["geometry"] = square(3.5, 0, 4, 2)


def crossing_itself(made: Town) -> None:
    ring = made["features"][6]["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]


def open_ring(made: Town) -> None:
    made["features"][6]["geometry"]["coordinates"][0].pop()


def three_points(made: Town) -> None:
    ring = made["features"][6]["geometry"]["coordinates"][0]
    ring[:] = [ring[0], ring[1], ring[0]]


def orphaned(made: Town) -> None:
    made["features"][6]["properties"]["parent"] = "990109009009"


def orphaned_by_code(made: Town) -> None:
    made["features"][6]["properties"]["code"] = "99020900900900102"
    made["features"][6]["geometry"] = None


def same_code_twice(made: Town) -> None:
    made["features"].append(feature(micro(2), "又一个", None, level="micro_grid"))


def lettered_code(made: Town) -> None:
    made["features"][1]["properties"]["code"] = "9901O1001"


def nameless(made: Town) -> None:
    made["features"][6]["properties"]["name"] = "  "


def unheard_of_level(made: Town) -> None:
    made["features"][6]["properties"]["level"] = "片区"


def upside_down(made: Town) -> None:
    made["features"][4]["properties"]["parent"] = micro(1)


def beyond_its_parent(made: Town) -> None:
    made["features"][8]["geometry"] = square(3, 0, 4.5, 2)


def latitude_first(made: Town) -> None:
    made["features"][6]["geometry"]["coordinates"] = [
        [point[::-1] for point in made["features"][6]["geometry"]["coordinates"][0]]
    ]


def a_line(made: Town) -> None:
    made["features"][6]["geometry"] = {"type": "LineString", "coordinates": [[116, 39], [117, 39]]}


def words_for_numbers(made: Town) -> None:
    made["features"][2]["properties"]["households"] = "约九百"


def without_a_code(made: Town) -> None:
    del made["features"][6]["properties"]["code"]


FAULTS: list[tuple[Callable[[Town], None], int, str]] = [
    (overlapping, 7, "overlap"),
    (with_a_gap, 5, "gap"),
    (crossing_itself, 7, "self_intersection"),
    (open_ring, 7, "unclosed_ring"),
    (three_points, 7, "short_ring"),
    (orphaned, 7, "orphan"),
    (orphaned_by_code, 7, "orphan"),
    (same_code_twice, 10, "duplicate_code"),
    (lettered_code, 2, "bad_code"),
    (nameless, 7, "missing_name"),
    (unheard_of_level, 7, "bad_level"),
    (upside_down, 5, "level_order"),
    (beyond_its_parent, 9, "outside_parent"),
    (latitude_first, 7, "bad_coordinates"),
    (a_line, 7, "not_a_polygon"),
    (words_for_numbers, 3, "bad_number"),
    (without_a_code, 7, "no_code_column"),
]


@pytest.mark.parametrize(("spoil", "row", "reason"), FAULTS, ids=[fault[0].__name__ for fault in FAULTS])
def test_a_planted_fault_is_named_with_its_row_and_nothing_is_imported(
    db: None, spoil: Callable[[Town], None], row: int, reason: str
) -> None:
    made = town()
    spoil(made)
    plan = plan_import([made], valid_from=FIRST_DAY)
    assert (row, reason) in reasons(plan)
    problem = next(p for p in plan.errors if p.reason == reason)
    assert problem.file == "town.geojson"
    for lang in ("zh", "en"):
        assert "{" not in problem.sentence(lang)
    with pytest.raises(Refusal) as refusal:
        apply(plan)
    assert refusal.value.code == "places.import_refused"
    assert not Place.objects.exists() and not Survey.objects.exists()


def test_all_problems_are_told_at_once(db: None) -> None:
    made = town()
    for spoil in (nameless, same_code_twice, words_for_numbers, with_a_gap, lettered_code):
        spoil(made)
    found = {reason for _, reason in reasons(plan_import([made]))}
    assert found >= {"missing_name", "duplicate_code", "bad_number", "gap", "bad_code"}


def test_every_reason_has_its_sentence_in_both_languages() -> None:
    from linli.kernel.places import ground, planning, reading, shapes

    said = "".join(Path(m.__file__ or "").read_text("utf-8") for m in (ground, planning, reading, shapes))
    call = r'(?:_complain\(\S+|problem\(|Problem\(\S+, \w+,|Finding\(\S+|\[\(|return \()\s*"(\w+)"'
    used = set(re.findall(call, said))
    assert used >= {reason for _, _, reason in FAULTS} - {"bad_code", "bad_level"}
    for reason in used:
        words = sentences()[f"places.{reason}"]
        assert words["zh"] and words["en"]


def test_slivers_are_listed_and_do_not_refuse(db: None) -> None:
    made = town()
    made["features"][5]["geometry"] = square(0, 0, 1.002, 2)  # 40 cm into the neighbour
    plan = plan_import([made])
    assert plan.ok
    assert (7, "overlap") in reasons(plan, "warning") or (6, "overlap") in reasons(plan, "warning")


def test_a_parent_only_partly_drawn_has_gaps_that_are_listed(db: None) -> None:
    made = town()
    made["features"][8]["geometry"] = None
    plan = plan_import([made])
    assert plan.ok and [reason for _, reason in reasons(plan, "warning")] == ["gap"]


def test_gaps_may_be_listed_instead_of_refused(db: None) -> None:
    made = town()
    with_a_gap(made)
    plan = plan_import([made], gaps="warning")
    assert plan.ok and (5, "gap") in reasons(plan, "warning")


def test_a_slip_of_the_pen_is_mended_and_listed(db: None) -> None:
    made = town()
    ring = made["features"][0]["geometry"]["coordinates"][0]
    x, y = ring[1]
    ring[1:2] = [[x, y], [x + 4e-6, y + 2e-6], [x + 2e-6, y + 4e-6], [x + 4e-6, y], [x, y + 6e-6]]
    plan = plan_import([made])
    assert plan.ok, [p.line("en") for p in plan.errors]
    assert (1, "repaired") in reasons(plan, "warning")


def test_importing_the_same_files_again_changes_nothing(settled: Tree) -> None:
    before = (Survey.objects.count(), PlaceVersion.objects.count(), Entry.objects.count())
    plan = plan_import([town(), buildings()], valid_from=SECOND_DAY)
    assert (plan.new, plan.changed, plan.unchanged) == ([], [], len(settled))
    written = apply(plan)
    assert written.survey_id is None
    assert (Survey.objects.count(), PlaceVersion.objects.count(), Entry.objects.count()) == before


def test_a_ring_that_begins_elsewhere_is_the_same_border(settled: Tree) -> None:
    made = town()
    for one in made["features"]:
        ring = one["geometry"]["coordinates"][0]
        one["geometry"]["coordinates"][0] = [*ring[2:], *ring[1:3]][::-1]
    assert plan_import([made], valid_from=SECOND_DAY).changed == []


def test_only_what_changed_gets_a_new_version(settled: Tree) -> None:
    made = town()
    made["features"][6]["properties"]["name"] = "柳荫零二"
    plan = plan_import([made, buildings()], valid_from=SECOND_DAY)
    assert [wish.code for wish in plan.changed] == [micro(2)]
    apply(plan)
    place = Place.objects.get(code=micro(2))
    old, new = place.versions.order_by("seq")
    assert (old.valid_to, new.valid_from, new.valid_to) == (SECOND_DAY, SECOND_DAY, None)
    assert bytes(old.geometry or b"") == bytes(new.geometry or b"") != b""
    assert (old.seq, new.seq) == (1, 2)
    assert tree().place(place.id).name == "柳荫零二"
    assert tree(FIRST_DAY).place(place.id).name == "柳荫02"


def test_a_file_of_names_does_not_undo_a_file_of_borders(settled: Tree, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("代码,名称,户数\n990101001001,柳荫社区,950\n", "utf-8")
    apply(plan_import([names], valid_from=SECOND_DAY))
    version = PlaceVersion.objects.get(place__code=COMMUNITY, valid_to=None)
    assert (version.households, version.name_en) == (950, "Liuyin Community")
    assert version.geometry is not None


def test_names_and_borders_may_come_from_two_files_at_once(db: None, tmp_path: Path) -> None:
    made = town()
    for one in made["features"]:
        del one["properties"]["name"]
    names = tmp_path / "names.csv"
    rows = [f"{f['properties']['code']},{f['properties']['name']}" for f in town()["features"]]
    names.write_text("code,name\n" + "\n".join(rows), "utf-8")
    plan = plan_import([names, made])
    assert plan.ok, [p.line("en") for p in plan.errors]
    apply(plan)
    assert tree().by_code(micro(1)).name == "柳荫01"  # type: ignore[union-attr]


def test_every_change_is_in_the_ledger_and_names_nobody(settled: Tree) -> None:
    from linli.kernel import ids

    node = settled.by_code(micro(1))
    assert node
    entry = Entry.objects.get(subject=f"place:{ids.text(node.id)}")
    assert (entry.kind, entry.seq) == ("place.version", 1)
    assert "柳荫" not in str(entry.body)
    assert Entry.objects.filter(kind="place.version").count() == len(settled)


def test_a_plan_made_before_another_import_is_not_carried_out(settled: Tree) -> None:
    made = town()
    made["features"][6]["properties"]["name"] = "甲"
    early = plan_import([made], valid_from=SECOND_DAY)
    made["features"][7]["properties"]["name"] = "乙"
    apply(plan_import([made], valid_from=SECOND_DAY))
    with pytest.raises(Refusal) as refusal:
        apply(early)
    assert refusal.value.code == "places.plan_stale"


def test_a_new_version_must_begin_after_the_old_one(settled: Tree) -> None:
    made = town()
    made["features"][6]["properties"]["name"] = "甲"
    plan = plan_import([made], valid_from=FIRST_DAY)
    assert reasons(plan) == [(7, "too_early")]


def test_a_missing_code_is_closed_only_when_asked_and_never_reused(settled: Tree) -> None:
    made = town()
    del made["features"][8]
    made["features"][7]["geometry"] = square(2, 0, 4, 2)
    kept = plan_import([made], valid_from=SECOND_DAY, gaps="warning")
    assert [base.code for base in kept.vanished] == [micro(4)] and kept.closed == []
    assert "overlap" in {reason for _, reason in reasons(kept)}, "the old grid still stands there"
    plan = plan_import([made], valid_from=SECOND_DAY, close_missing=True)
    assert plan.ok, [p.line("en") for p in plan.errors]
    written = apply(plan)
    assert written.closed == 1
    assert tree().by_code(micro(4)) is None and tree(FIRST_DAY).by_code(micro(4)) is not None
    again = plan_import([town()], valid_from=SECOND_DAY.replace(month=9))
    assert (9, "reused_code") in reasons(again)


def test_who_moves_takes_those_below_along(db: None) -> None:
    made = town()
    apply(plan_import([made], valid_from=FIRST_DAY))
    other = collection(
        feature("990101002", "河东街道"),
        feature(COMMUNITY, "柳荫社区", parent="990101002"),
        name="moved.geojson",
    )
    plan = plan_import([other], valid_from=SECOND_DAY)
    assert plan.ok, [p.line("en") for p in plan.errors]
    assert apply(plan).moved == 6
    node = tree().by_code(micro(4))
    street = tree().by_code("990101002")
    assert node and street and node.path.startswith(street.path)
    assert [n.code for n in tree().ancestors(node.id)][:3] == [DISTRICT, "990101002", COMMUNITY]
    was = tree(FIRST_DAY).place(node.id)
    assert was.path.startswith(tree(FIRST_DAY).by_code(STREET).path)  # type: ignore[union-attr]


def test_a_failure_in_the_middle_leaves_nothing_behind(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    from linli.kernel.places import writing

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(writing, "write_buildings", full)
    plan = plan_import([town(), buildings()])
    with pytest.raises(OSError, match="disk full"), transaction.atomic():
        apply(plan)
    assert not Place.objects.exists() and not Survey.objects.exists() and not Entry.objects.exists()


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_a_file_in_another_coordinate_system_lands_in_the_same_place(settled: Tree, system: str) -> None:
    bend = crs.wgs84_to_gcj02 if system == "gcj02" else crs.wgs84_to_bd09
    made = town()
    for one in made["features"]:
        ring = one["geometry"]["coordinates"][0]
        ring[:] = [[float(v) for v in bend(*point)] for point in ring]
    assert plan_import([made], crs=system, valid_from=SECOND_DAY).changed == []


def test_an_unknown_coordinate_system_is_refused(db: None) -> None:
    with pytest.raises(Refusal) as refusal:
        plan_import([town()], crs="mercator")
    assert refusal.value.code == "places.bad_crs"


def test_a_spreadsheet_from_a_chinese_office_is_read(db: None, tmp_path: Path) -> None:
    sheet = tmp_path / "grids.csv"
    wkt = "POLYGON ((116 39, 116.01 39, 116.01 39.01, 116 39.01, 116 39))"
    text = f'区划代码;网格名称;层级;户数;边界\n990101000000;清河区;区县;"1,200";{wkt}\n'
    sheet.write_bytes(text.encode("gb18030"))
    plan = plan_import([sheet])
    assert plan.ok, [p.line("en") for p in plan.errors]
    apply(plan)
    node = tree().by_code("990101")
    assert node and (node.name, node.households, node.level) == ("清河区", 1200, "district")


def test_a_file_that_is_no_file_is_a_problem_not_a_crash(db: None, tmp_path: Path) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_text('{"type": "FeatureColl', "utf-8")
    plan = plan_import([broken, tmp_path / "absent.csv"])
    assert [(p.file, p.row, p.reason) for p in plan.problems] == [
        ("absent.csv", 0, "unreadable"),
        ("broken.geojson", 0, "unreadable"),
    ]


def test_own_column_names_can_be_declared(db: None, tmp_path: Path) -> None:
    sheet = tmp_path / "own.csv"
    sheet.write_text("编号,片名\n990101,清河区\n", "utf-8")
    assert plan_import([sheet]).problems[0].reason == "no_code_column"
    plan = plan_import([sheet], columns={"code": "编号", "name": "片名"})
    assert plan.ok and plan.new[0].name == "清河区"


def test_the_guide_names_every_heading_and_every_option() -> None:
    from linli.doors.cli.places import _parser
    from linli.kernel.places.reading import HINT_COLUMNS, KNOWN_COLUMNS

    guide = (Path(__file__).resolve().parents[3] / "docs/howto/import-places.md").read_text("utf-8")
    headings = [heading for known in KNOWN_COLUMNS.values() for heading in known]
    options = [option for action in _parser()._actions for option in action.option_strings if len(option) > 2]
    missing = [word for word in [*headings, *HINT_COLUMNS, *options] if word not in guide]
    assert missing == ["--help"], "docs/howto/import-places.md must speak of these"

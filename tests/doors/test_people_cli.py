"""``linli people``: what the operator of the machine does about people, and what it says when it may not."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from linli.doors.cli import people
from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.packspec import editions
from linli.kernel.people import acts, duty, snapshot
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Person, Roster
from tests.kernel.people import town
from tests.kernel.people.town import local, path

GRID, COMPOUND, STREET = "99000501", "99000050", "99000002"


@pytest.fixture(autouse=True)
def places(db: None) -> Iterator[None]:
    editions.forget()
    editions.install()
    town.build()
    snapshot.forget()
    yield
    editions.forget()
    snapshot.forget()


def add(login: str, role: str, *more: str) -> int:
    return people.run(["add", login, "--name", f"{login} 的名字", "--role", role, *more])


def test_somebody_is_added_with_a_post_and_a_password_to_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a-long-password\n"))
    assert add("worker", f"grid_worker@{GRID}", "--password-from-stdin") == 0
    person = Person.objects.get(login="worker")
    assert person.check_password("a-long-password") and person.must_change
    assert duty.holds(person.id, "grid_worker", path(501))


def test_an_account_with_an_impossible_post_is_not_made_at_all() -> None:
    for post, code in ((f"king@{GRID}", "people.unknown_role"), ("grid_worker@1", "people.unknown_place")):
        with pytest.raises(Refusal) as refusal:
            add("worker", post)
        assert refusal.value.code == code
    assert not Person.objects.exists()


def test_a_post_is_given_ended_and_handed_over(capsys: pytest.CaptureFixture[str]) -> None:
    add("worker", f"grid_worker@{GRID}")
    add("mate", f"grid_worker@{COMPOUND}")
    assert people.run(["hand-over", "worker", "mate"]) == 0
    assert people.run(["end", "mate", f"grid_worker@{COMPOUND}"]) == 0
    assert people.run(["appoint", "worker", f"grid_leader@{COMPOUND}"]) == 0
    capsys.readouterr()
    assert people.run(["list", "--json", "--place", COMPOUND]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["login"], row["role"], row["place"]) for row in rows] == [
        ("worker", "grid_leader", COMPOUND),
        ("mate", "grid_worker", GRID),
    ]


def test_an_organisation_and_its_people_are_added() -> None:
    unit = ["unit", "homes", "--name", "清和物业", "--kind", "property", "--place", COMPOUND]
    assert people.run(unit) == 0
    assert add("keeper", f"property_company@{COMPOUND}", "--unit", "homes") == 0
    (served,) = duty.units(path(501), "property")
    found = duty.unit_holder(served.id)
    assert found is not None and found.name == "keeper 的名字"


def roster(folder: Path, *lines: str) -> int:
    file = folder / "roster.csv"
    file.write_text("\n".join(("role,place,login,day,start,end", *lines)), "utf-8")
    return people.run(["roster", "import", str(file)])


def test_a_roster_is_imported_with_nights_and_dates(tmp_path: Path) -> None:
    add("day", f"street_duty_officer@{STREET}")
    add("night", f"street_duty_officer@{STREET}")
    lines = ("day,daily,08:00,20:00", "night,daily,20:00,08:00", "night,2030-10-01,00:00,24:00")
    assert roster(tmp_path, *(f"street_duty_officer,{STREET},{line}" for line in lines)) == 0
    hours = ("2030-03-04 03:00", "2030-03-04 12:00", "2030-10-01 12:00")
    found = [duty.holder("street_duty_officer", path(501), local(hour)) for hour in hours]
    assert [h.name.split()[0] for h in found if h and h.on_duty] == ["night", "day", "night"]


def test_every_problem_of_a_roster_is_told_with_its_line_and_nothing_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add("day", f"street_duty_officer@{STREET}")
    lines = (
        f"street_duty_officer,{STREET},day,daily,08:00,20:00",
        f"street_duty_officer,{STREET},day,someday,08:00,20:00",
        f"street_duty_officer,{STREET},nobody,daily,08:00,20:00",
        f"king,{STREET},day,daily,08:00,20:00",
        "street_duty_officer,77,day,daily,08:00,20:00",
        f"street_duty_officer,{STREET},day,daily,08:60,25:00",
    )
    assert roster(tmp_path, *lines) == 1
    told = capsys.readouterr().err
    assert [n for n in range(1, 9) if f"roster.csv:{n}:" in told] == [3, 4, 5, 6, 7]
    assert roster(tmp_path, lines[0], f"grid_worker,{GRID},day,daily,08:00,20:00") == 1
    assert not Roster.objects.exists()


def test_a_file_without_its_columns_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("role,place\n", "utf-8")
    assert people.run(["roster", "import", str(file)]) == 1
    assert "login, day, start, end" in capsys.readouterr().err


def test_passwords_factors_and_accounts_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    people.run(["add", "clerk", "--name", "小吏"])
    monkeypatch.setattr("sys.stdin", io.StringIO("another-password\n"))
    assert people.run(["password", "clerk"]) == 0
    assert Person.objects.get(login="clerk").check_password("another-password")
    assert people.run(["second-factor", "reset", "clerk"]) == 0
    assert people.run(["close", "clerk"]) == 0
    assert people.run(["erase", "clerk"]) == 0
    assert not Person.objects.filter(login="clerk").exists()
    assert people.run(["no-such-command"]) == 2


def test_what_is_settled_for_later_is_called_off_and_a_closed_account_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add("worker", f"grid_worker@{GRID}")
    add("mate", f"grid_worker@{COMPOUND}")
    worker, mate = (Person.objects.get(login=login).id for login in ("worker", "mate"))
    later = moment.now() + timedelta(days=2)
    acts.hand_over(SYSTEM, worker, mate, later)
    assert people.run(["call-off", "mate", f"grid_worker@{GRID}"]) == 0
    assert duty.holds(worker, "grid_worker", path(501), later)
    with pytest.raises(Refusal, match=r"people\.nothing_settled"):
        people.run(["call-off", "worker", f"grid_worker@{GRID}"])
    people.run(["end", "worker", f"grid_worker@{GRID}"])
    people.run(["close", "worker"])
    monkeypatch.setattr("sys.stdin", io.StringIO("quite-another-one\n"))
    assert people.run(["reopen", "worker"]) == 0
    assert Person.objects.get(login="worker").check_password("quite-another-one")

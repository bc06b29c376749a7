"""Law 3: every column of a matter, its clocks and its steps follows from its steps and the log; whatever is changed by hand is found and named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from linli.doors.cli import ledger as command
from linli.kernel import ids, moment
from linli.kernel.ledger import sequence
from linli.kernel.matters import acts, audit, due
from linli.kernel.matters.asks import Inputs, Report
from linli.kernel.matters.models import Clock, Evidence, Matter, Step, Words
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")
# What a row is called by, and whose it is: changing these makes it another row, which is found as one missing and one too many.
NAMES = {"id"}


def a_town_with_a_past(town: Town) -> list[int]:
    """Matters that have been through most of what there is."""
    with moment.at(MORNING):
        first = town.report(address="三号楼二单元").matter_id
        second = town.report("stair_light").matter_id
        third = town.report("flood", condition="garage").matter_id
        fourth = town.report("noise_works", "request").matter_id
        town.take(
            "leader", third, "summon", units=(town.units["water"], town.units["power"]), words="请带水泵"
        )
        town.take("operator", fourth, "verify", verified=True, words="属实")
    with moment.at(MORNING + timedelta(minutes=5)):
        town.take("worker", first, "arrive", position=spot(501))
        town.take("leader", first, "pause", reason="等配件", until=MORNING + timedelta(hours=1))
        town.take("water", third, "acknowledge")
        town.take("leader", third, "split", parts=(Report("repair", "flood", "garage", words="还有一处"),))
        town.take("secretary", fourth, "extend", limit="2h", reason="等回函")
    with moment.at(MORNING + timedelta(minutes=45)):
        due.run_due()
        town.take("leader", second, "merge", matter_id=first)
    with moment.at(MORNING + timedelta(hours=2)):
        due.run_due()
        town.take("leader", second, "unmerge", reason="不是一回事")
        town.take("worker", first, "finish", words="好了", photos=(photo("after"),))
        town.take("leader", third, "regrade", grade="complex", reason="没那么严重")
        town.take("leader", second, "move_place", spot=spot(502), reason="在隔壁")
    with moment.at(MORNING + timedelta(hours=3)):
        due.run_due()
        town.take("operator", first, "call_back", contacted=True, solved=False, satisfied=False)
    return [first, second, third, fourth]


@pytest.fixture
def past(town: Town) -> list[int]:
    return a_town_with_a_past(town)


def found() -> list[str]:
    return [f"{one.table}.{one.field}" for one in audit.differences()]


def another(value: Any, field: models.Field[Any, Any]) -> Any:
    """A value of the same type that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, datetime):
        return value + timedelta(hours=1)
    if isinstance(value, date):
        return value - timedelta(days=400)
    if isinstance(value, (int, float)):
        return value + 1000
    if isinstance(value, str):
        return "x" + value[1:] if value[:1] != "x" else "y" + value[1:]
    if isinstance(value, dict):
        return {**value, "planted": 1}
    if isinstance(value, (bytes, memoryview)):
        return bytes(reversed(bytes(value))) + b"\1"
    assert value is None
    if isinstance(field, models.DateTimeField):
        return MORNING
    return b"1" * 16 if isinstance(field, models.BinaryField) else 7


def columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in (Matter, Clock, Step, Words, Evidence):
        for field in model._meta.concrete_fields:
            if field.attname not in NAMES:
                yield model, field.attname


# Sizes of a picture are what the picture says; a piece that is said to be erased is found by what is left of it.
PICTURES_OWN = {(Evidence, "width"), (Evidence, "height"), (Evidence, "size"), (Evidence, "kind")}


def test_a_town_with_a_past_is_what_its_steps_say(past: list[int]) -> None:
    assert list(audit.differences()) == []
    assert Step.objects.count() > 25 and Clock.objects.count() > 12


def test_every_changed_column_is_found_and_named(past: list[int]) -> None:
    missed = []
    for model, name in columns():
        if (model, name) in PICTURES_OWN:
            continue
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        changed = another(getattr(row, name), model._meta.get_field(name))  # type: ignore[arg-type]
        if name == "matter_id":
            changed = Matter.objects.exclude(pk=row.matter_id).values_list("pk", flat=True)[0]  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                model._default_manager.filter(pk=row.pk).update(**{name: changed})
                named = found()
                transaction.set_rollback(True)
        except IntegrityError:
            continue  # the store itself does not have it
        table = model._meta.db_table
        if not any(one.startswith(f"{table}.") for one in named):
            missed.append(f"{table}.{name}")
    assert missed == []


def test_the_difference_names_the_row_the_field_and_both_values(past: list[int]) -> None:
    Matter.objects.filter(pk=past[0]).update(holder_role="admin")
    (one,) = audit.differences()
    assert (one.table, one.row, one.field, one.expected, one.found) == (
        "matters_matter",
        ids.text(past[0]),
        "holder_role",
        Matter.objects.get(pk=past[0]).history.latest("seq").facts["effects"]["holder"]["role"],
        "admin",
    )


@pytest.mark.parametrize("model", [Clock, Step, Words, Evidence])
def test_a_row_that_is_gone_is_missed(past: list[int], model: type[models.Model]) -> None:
    row = model._default_manager.order_by("-pk").first()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [row.pk])
    assert found() != []


def test_a_clock_and_a_step_that_nobody_made_are_found(past: list[int]) -> None:
    clock = Clock.objects.order_by("pk").first()
    assert clock is not None
    clock.pk = ids.new_id()
    clock.save(force_insert=True)
    assert found() == ["matters_clock.row"]


def test_verify_says_so_at_the_command_line(
    past: list[int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        command.audits, "differences", audit.differences
    )  # this town's ground was drawn by hand
    while sequence.sequence():
        pass
    assert command.run(["verify"]) == 0
    assert "Every table stands as the log says" in capsys.readouterr().out
    Matter.objects.filter(pk=past[1]).update(stage="planned")
    assert command.run(["verify"]) == 1
    told = capsys.readouterr().out
    assert ids.text(past[1]) in told and "stage should be" in told
    assert command.run(["verify", "--json"]) == 1


def test_erased_words_leave_the_rest_provable(past: list[int]) -> None:
    number = past[0]
    with moment.at(MORNING + timedelta(hours=4)):
        town_take_end(number)
    assert not Words.objects.filter(matter_id=number).exclude(text="").exists()
    assert list(audit.differences()) == []


def town_take_end(number: int) -> None:
    from linli.kernel.matters.models import Contact
    from linli.kernel.matters.reads import by_link
    from linli.kernel.people import sealed

    contact = Contact.objects.get(matter_id=number, part="reporter")
    reporter = by_link(sealed.unseal(contact.link or b""))
    row = Matter.objects.get(pk=number)
    assert row.stage == "on_site"
    acts.take(reporter, number, "withdraw", Inputs(reason="不用了"))
    acts.take(reporter, number, "release_words")

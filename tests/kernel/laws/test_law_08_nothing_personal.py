"""Law 8: marks planted in everything personal are found nowhere they must not be; what is erased is gone from the store's very bytes."""

from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from linli.doors.live_map import events_of
from linli.kernel import ids, moment
from linli.kernel.ledger import rows, sequence
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import acts, calls, contact, due, public
from linli.kernel.matters.asks import Inputs, Report, Reporter
from linli.kernel.matters.models import Matter
from linli.kernel.matters.reads import by_link
from linli.kernel.people import looks
from linli.kernel.people.actors import PUBLIC
from linli.lenses import wall
from tests.town import Town, local, photo, spot

MORNING = local("2026-03-04 09:00")
MARKS = {
    "name": "欧阳记号甲", "phone": "19911223344", "room": "八零二记号乙", "words": "记号丙正在漏水", "address": "九号楼记号丁",
    "note": "记号戊已联系", "reason": "记号己太忙", "neighbour": "记号庚邻居", "their_phone": "19955667788", "part": "记号辛另一处",
    "finish": "记号壬修好", "supplement": "记号癸补充", "caller": "19912312312",
}  # fmt: skip


def live_through(town: Town) -> tuple[int, str, list[int]]:
    """One matter with something personal in every place where a person may write, through to its end."""
    mark = MARKS
    with moment.at(MORNING):
        call = calls.start(town.actor("operator"), mark["caller"])
        calls.save_draft(town.actor("operator"), call, {"words": mark["words"]})
        receipt = town.report(
            words=mark["words"],
            address=mark["address"],
            photos=(photo(),),
            reporter=Reporter(mark["name"], mark["phone"], mark["room"]),
        )
        number = receipt.matter_id
        joined = Inputs(reporter=Reporter(mark["neighbour"], mark["their_phone"]), words=mark["note"])
        acts.take(PUBLIC, number, "me_too", joined)
        acts.take(by_link(receipt.token), number, "supplement", Inputs(words=mark["supplement"]))
        town.take("worker", number, "note", words=mark["note"])
        town.take("leader", number, "pause", reason=mark["reason"], until=local("2026-03-04 09:30"))
        part = Report("repair", "stair_light", words=mark["part"], address=mark["address"])
        parts = acts.take(town.actor("leader"), number, "split", Inputs(parts=(part,))).children
    with moment.at(local("2026-03-04 11:00")):
        while due.run_due():
            pass
        town.take("worker", number, "arrive", position=spot(501))
        town.take("worker", number, "finish", words=mark["finish"], photos=(photo("after"),))
        town.take(
            "operator", number, "call_back", contacted=True, solved=True, satisfied=True, words=mark["note"]
        )
    while sequence.sequence():
        pass
    return number, receipt.token, list(parts)


def marked(text: str) -> list[str]:
    """Which planted marks a text holds; phone tails count."""
    return [name for name, mark in MARKS.items() if mark in text or (mark.isdigit() and mark[-6:] in text)]


@pytest.mark.django_db
def test_marks_are_in_no_entry_log_line_or_public_answer(
    town: Town,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looks, "record", lambda *told: None)
    caplog.set_level(logging.DEBUG)
    number, token, _ = live_through(town)
    with moment.at(MORNING):
        open_one = town.report(
            words=MARKS["words"], address=MARKS["address"], reporter=Reporter(MARKS["name"], MARKS["phone"])
        )
    with moment.at(local("2026-03-04 11:00")):
        contact.look(town.actor("operator"), open_one.matter_id, "回访")
        while sequence.sequence():
            pass
        told = {
            "the ledger": "\n".join(Entry.objects.values_list("body", flat=True)),
            "the dots": repr(public.public_dots()),
            "the public matter": repr([public.public_matter(m, lang) for m in (number, open_one.matter_id) for lang in ("zh", "en")]),
            "the live events": repr([list(events_of(entry)) for entry in rows.read(0, 1000)]),
            "the wall": repr(wall.wall(town.actor("wall"), "zh")) + repr(wall.wall(town.actor("wall"), "en")),
            "the log": "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records) + "".join(capsys.readouterr()),
            "steps": json.dumps([m.facts for m in Matter.objects.get(pk=number).history.all()], ensure_ascii=False),
        }  # fmt: skip
        asking = Client()
        for where in (
            "/",
            "/map/dots.json",
            "/map/",
            "/ledger/",
            "/api/v1/matters",
            f"/api/v1/public/{ids.text(number)}",
        ):
            told[where] = asking.get(where).content.decode(errors="replace")
    found = {where: marks for where, text in told.items() if (marks := marked(text))}
    assert found == {}
    assert MARKS["words"] in Client().get(f"/m/{token}/").content.decode()  # whoever wrote it reads it


@pytest.mark.django_db
def test_a_refusal_repeats_nothing_personal(town: Town) -> None:
    from linli.kernel.errors import Refusal

    with pytest.raises(Refusal) as refused:
        town.report(reporter=Reporter(MARKS["name"], MARKS["name"]))
    assert not marked(refused.value.sentence("zh") + refused.value.sentence("en") + repr(refused.value.facts))

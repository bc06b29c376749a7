"""Matters that belong together: split, merged, linked, joined; what is undone is undone, and what was used stays used."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from linli.kernel import ids, moment
from linli.kernel.errors import Refusal
from linli.kernel.ledger import follow, sequence
from linli.kernel.matters import acts, audit, due, erasing, reads
from linli.kernel.matters.asks import Inputs, Report, Reporter
from linli.kernel.matters.models import Clock, Contact, Link, Matter
from linli.kernel.matters.reads import by_link
from linli.kernel.notices.following import Notices
from linli.kernel.notices.models import Notice
from linli.kernel.people.actors import PUBLIC
from tests.town import Town, local, photo, spot

pytestmark = pytest.mark.django_db

MORNING = local("2026-03-04 09:00")


def clock(number: int, key: str) -> Clock:
    return Clock.objects.filter(matter_id=number, key=key).latest("id")


def later(**time: int) -> datetime:
    return MORNING + timedelta(**time)


def notices_read() -> None:
    while sequence.sequence():
        pass
    while follow.run_once(Notices()):
        pass


@pytest.fixture(autouse=True)
def in_order() -> object:
    yield
    assert list(audit.differences()) == []


def split(town: Town) -> tuple[int, int]:
    with moment.at(MORNING):
        number = town.report("lift", condition="stopped", words="电梯停了，楼道灯也不亮").matter_id
    with moment.at(later(minutes=6)):
        town.take("worker", number, "arrive", position=spot(501))
    with moment.at(later(minutes=30)):
        part = Report("repair", "stair_light", words="楼道灯不亮")
        taken = acts.take(town.actor("leader"), number, "split", Inputs(parts=(part,)))
    return number, taken.children[0]


def test_a_part_goes_on_where_the_whole_stood_with_the_time_used(town: Town) -> None:
    number, child = split(town)
    part, whole = Matter.objects.get(pk=child), Matter.objects.get(pk=number)
    assert (part.stage, part.parent_id, part.opened_at) == ("on_site", number, MORNING)
    assert clock(child, "solve").due_at == MORNING + timedelta(
        minutes=30
    )  # an ordinary thing, promised at the report
    assert clock(number, "solve").due_at == MORNING + timedelta(hours=4)
    assert not Clock.objects.filter(matter_id=child, key="arrive").exists()  # somebody has arrived
    assert whole.stage == "on_site" and part.holder_id is not None
    told = reads.explain(town.actor("leader"), child, "solve", "en", later(minutes=30))
    assert any("came with a split" in line for line in told)


def test_a_split_tells_its_reporter_once_and_its_holder(town: Town) -> None:
    number, child = split(town)
    notices_read()
    reporter = Contact.objects.get(matter_id=number, part="reporter")
    to_reporter = Notice.objects.filter(address=f"contact:{ids.text(reporter.pk)}", kind="told.received")
    assert to_reporter.values("channel", "kind").distinct().count() == to_reporter.count()
    copied = Contact.objects.get(matter_id=child, part="reporter")
    assert not Notice.objects.filter(address=f"contact:{ids.text(copied.pk)}").exists()
    holder = Matter.objects.get(pk=child).holder_id
    assert Notice.objects.filter(matter_id=child, person_id=holder, kind="told.yours").exists()


def test_a_split_prolongs_nobodys_retention(town: Town) -> None:
    number, child = split(town)
    with moment.at(later(hours=1)):
        town.take("worker", number, "finish", words="好了", photos=(photo("after"),))
        town.take("operator", number, "call_back", contacted=True, solved=True, satisfied=True)
    with moment.at(later(days=170)):
        town.take("worker", child, "finish", words="好了", photos=(photo("after"),))
        town.take("operator", child, "call_back", contacted=True, solved=True, satisfied=True)
    with moment.at(later(days=182)):
        erasing.due_contacts()
    assert not Contact.objects.filter(matter_id__in=(number, child), erased_at=None).exists()


def test_erasing_the_whole_takes_the_contact_of_its_ended_parts_along(town: Town) -> None:
    with moment.at(MORNING):
        receipt = town.report()
        part = Report("repair", "stair_light", words="楼道灯不亮")
        (child,) = acts.take(town.actor("leader"), receipt.matter_id, "split", Inputs(parts=(part,))).children
        for number in (receipt.matter_id, child):
            town.take("operator", number, "withdraw", reason="不用了")
        acts.take(by_link(receipt.token), receipt.matter_id, "release_words")
    assert not Contact.objects.filter(matter_id=child, erased_at=None).exists()


def merge(town: Town) -> tuple[int, int, str]:
    """The later of two reports; the earlier is merged into it."""
    with moment.at(MORNING):
        first = town.report("lift", condition="stopped", words="电梯停了")
    with moment.at(later(hours=1)):
        second = town.report("lift", condition="stopped", words="电梯不动", off=(0.0001, 0.0))
    with moment.at(later(hours=2)):
        town.take("leader", first.matter_id, "merge", matter_id=second.matter_id)
    return first.matter_id, second.matter_id, first.token


def test_of_two_promises_about_one_thing_the_older_counts(town: Town) -> None:
    first, second, _ = merge(town)
    gone, kept = Matter.objects.get(pk=first), Matter.objects.get(pk=second)
    assert (gone.outcome, gone.into_id, kept.me_too) == ("merged", second, 1)
    assert clock(second, "solve").due_at == MORNING + timedelta(hours=4)
    assert clock(first, "solve").state in ("stopped", "broken")
    page = reads.page(town.actor("leader"), second, "zh")
    assert [(link.kind, link.id, link.direction, link.undone) for link in page.links] == [
        ("merge", ids.text(first), "in", False)
    ]


def test_an_undone_merge_gives_each_its_own_promise_back(town: Town) -> None:
    first, second, _ = merge(town)
    with moment.at(later(hours=3)):
        town.take("leader", first, "unmerge", reason="不是一部电梯")
    again, kept = Matter.objects.get(pk=first), Matter.objects.get(pk=second)
    assert (again.stage, again.into_id, again.ended_at, kept.me_too) == ("reported", None, None, 0)
    assert clock(first, "solve").due_at == MORNING + timedelta(hours=4)  # it was under way all the time
    assert clock(second, "solve").due_at == MORNING + timedelta(hours=5)  # its own promise
    link = Link.objects.get(kind="merge")
    assert link.undone_at == later(hours=3)  # visible, not erased
    told = reads.explain(town.actor("leader"), second, "solve", "en", later(hours=3))
    assert "due 2026-03-04 14:00:00" in " ".join(told)


def test_what_happened_to_the_promise_while_merged_stays_with_it(town: Town) -> None:
    first, second, _ = merge(town)
    with moment.at(later(hours=2, minutes=10)):
        town.take("leader", second, "pause", reason="等配件", until=later(hours=2, minutes=40))
    with moment.at(later(hours=3)):
        due.run_due()
        town.take("leader", first, "unmerge", reason="不是一部电梯")
    assert clock(second, "solve").due_at == MORNING + timedelta(hours=5, minutes=30)


def test_the_reporter_of_what_was_merged_hears_how_it_goes_on(town: Town) -> None:
    first, second, _ = merge(town)
    with moment.at(later(hours=2, minutes=5)):
        town.take("worker", second, "arrive", position=spot(501))
    notices_read()
    reporter = Contact.objects.get(matter_id=first, part="reporter")
    assert Notice.objects.filter(address=f"contact:{ids.text(reporter.pk)}", matter_id=second).exists()


def test_a_link_is_made_seen_and_undone(town: Town) -> None:
    with moment.at(MORNING):
        one, two = town.report().matter_id, town.report("stair_light").matter_id
        town.take("leader", one, "link", matter_id=two)
        assert [each.id for each in reads.page(town.actor("leader"), one, "zh").links] == [ids.text(two)]
        town.take("leader", two, "unlink", matter_id=one)
        assert [each.undone for each in reads.page(town.actor("leader"), one, "zh").links] == [True]


def test_what_may_be_the_same_is_suggested_near_recent_and_alike(town: Town) -> None:
    lon, lat = spot(501)
    with moment.at(MORNING):
        near = town.report("stair_light", words="二单元楼道灯不亮", off=(0.0001, 0.0)).matter_id
        town.report("stair_light", words="二单元楼道灯不亮", off=(0.0018, 0.0015))  # too far
    with moment.at(later(days=-30)):
        town.report("stair_light", words="二单元楼道灯不亮")  # too long ago
    with moment.at(later(hours=1)):
        found = reads.likely(PUBLIC, lon, lat, "repair", "stair_light", "楼道灯不亮了", "zh")
        assert [one.id for one in found] == [ids.text(near)]
        assert found[0].words == ""  # what somebody else wrote is for staff
        staff = reads.likely(town.actor("operator"), lon, lat, "repair", "stair_light", "楼道灯不亮了", "zh")
        assert staff[0].words.startswith("二单元")
        assert reads.likely(PUBLIC, lon, lat, "repair", "lift", "电梯", "zh") == ()


def test_what_is_drawn_as_an_area_is_never_suggested_to_residents(town: Town) -> None:
    lon, lat = spot(501)
    with moment.at(MORNING):
        town.report("noise_works", "request", words="夜里施工吵")
        assert reads.likely(PUBLIC, lon, lat, "request", "noise_works", "夜里施工吵", "zh") == ()
        assert (
            len(reads.likely(town.actor("operator"), lon, lat, "request", "noise_works", "夜里施工吵", "zh"))
            == 1
        )


def test_me_too_has_a_link_of_its_own_and_no_right_to_the_first(town: Town) -> None:
    neighbour = Inputs(reporter=Reporter("邻居", "19900007777"), words="我家也是")
    with moment.at(MORNING):
        receipt = town.report()
        taken = acts.take(PUBLIC, receipt.matter_id, "me_too", neighbour, key="me-too-once")
        again = acts.take(PUBLIC, receipt.matter_id, "me_too", neighbour, key="me-too-once")
        assert again.again and again.token == taken.token != receipt.token
        assert Matter.objects.get(pk=receipt.matter_id).me_too == 1
        joined = by_link(taken.token)
        assert reads.follow(joined, "zh").card.number == receipt.number
        for act, inputs in (("withdraw", Inputs(reason="不用了")), ("release_words", Inputs())):
            with pytest.raises(Refusal):
                acts.take(joined, receipt.matter_id, act, inputs)
        acts.take(joined, receipt.matter_id, "supplement", Inputs(words="三楼也是"))
        with pytest.raises(Refusal) as refused:
            acts.take(joined, receipt.matter_id, "me_too")
        assert refused.value.code == "act.said_already"


def test_a_signed_in_neighbour_joins_once(town: Town) -> None:
    with moment.at(MORNING):
        number = town.report().matter_id
        acts.take(town.actor("resident"), number, "me_too")
        with pytest.raises(Refusal) as refused:
            acts.take(town.actor("resident"), number, "me_too")
    assert refused.value.code == "act.said_already"
    assert Matter.objects.get(pk=number).me_too == 1

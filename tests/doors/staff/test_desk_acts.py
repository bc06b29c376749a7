"""Acts whose forms ask for more than words: split, merge, link, extend, regrade, another place, a unit, a person."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from linli.kernel import ids, moment
from linli.kernel.matters.models import Asked, Link, Matter
from tests.doors.staff.conftest import SignIn
from tests.town import Town, spot

pytestmark = pytest.mark.django_db


@pytest.fixture
def matter(town: Town) -> Matter:
    """A matter in hand of the worker at 501, arrived."""
    return in_hand(town)


def in_hand(town: Town) -> Matter:
    matter_id = town.report().matter_id
    return town.take("worker", matter_id, "arrive", position=spot(501))


def do(browser: Client, matter: Matter, act: str, **given: object) -> int:
    """Open the form, then send it; answers the status."""
    address = f"/desk/m/{ids.text(matter.pk)}/do/{act}/"
    form = browser.get(address)
    assert form.status_code == 200, form.content.decode()[:300]
    for name in given:
        assert f'name="{name}"' in form.content.decode() or name in ("matter_id", "spot"), name
    seen = re.search(r'name="version" value="(\d+)"', form.content.decode())
    key = re.search(r'name="key" value="(\w+)"', form.content.decode())
    assert seen and key
    return browser.post(address, given | {"version": seen[1], "key": key[1]}).status_code


def test_a_split_makes_a_matter_of_each_row(town: Town, sign_in: SignIn, matter: Matter) -> None:
    leader = sign_in("leader", part=True)
    kinds, words = ["water_leak", "no_water"], ["漏水那头", "停水那头"]
    assert do(leader, matter, "split", part_kind=kinds, part_words=words) == 200
    assert sorted(Matter.objects.filter(parent_id=matter.pk).values_list("kind", flat=True)) == [
        "no_water",
        "water_leak",
    ]


def test_a_split_into_one_is_refused(town: Town, sign_in: SignIn, matter: Matter) -> None:
    assert (
        do(sign_in("leader", part=True), matter, "split", part_kind=["water_leak", ""], part_words=["a", ""])
        == 422
    )


def test_a_merge_is_shown_on_both_and_can_be_taken_back(town: Town, sign_in: SignIn, matter: Matter) -> None:
    other = in_hand(town)
    leader = sign_in("leader", part=True)
    assert do(leader, matter, "merge", matter_id=ids.text(other.pk)) == 200
    assert Link.objects.get(kind="merge").undone_at is None
    for one, another in ((matter, other), (other, matter)):
        assert another.number in leader.get(f"/desk/m/{ids.text(one.pk)}/").content.decode()
    offered = leader.get(f"/desk/m/{ids.text(matter.pk)}/").content.decode()
    assert "/do/unmerge/" in offered
    assert do(leader, matter, "unmerge", reason="不是一件") == 200
    assert Link.objects.get(kind="merge").undone_at is not None


def test_a_link_is_made_by_search_and_undone_by_choosing_it(
    town: Town, sign_in: SignIn, matter: Matter
) -> None:
    other = in_hand(town)
    leader = sign_in("leader", part=True)
    assert do(leader, matter, "link", matter_id=ids.text(other.pk)) == 200
    form = leader.get(f"/desk/m/{ids.text(matter.pk)}/do/unlink/").content.decode()
    assert other.number in form and 'type="search"' not in form
    assert do(leader, matter, "unlink", matter_id=ids.text(other.pk)) == 200
    assert Link.objects.get(kind="link").undone_at is not None


def test_more_time_is_asked_by_one_and_approved_by_another(
    town: Town, sign_in: SignIn, matter: Matter
) -> None:
    worker = sign_in("worker", part=True)
    assert do(worker, matter, "extend", clock="solve", limit="2", limit_unit="h", reason="等配件") == 200
    assert Asked.objects.get().limit == "2h"
    secretary = sign_in("secretary", part=True)
    assert matter.number in secretary.get("/desk/inbox/?tab=asked").content.decode()
    assert "等配件" in secretary.get(f"/desk/m/{ids.text(matter.pk)}/").content.decode()
    assert do(sign_in("leader", part=True), matter, "approve") == 200
    assert Asked.objects.get().granted is True


@pytest.mark.parametrize("limit", ["x", "0", "-1", "1.5"])
def test_a_limit_that_is_no_number_is_refused(
    town: Town, sign_in: SignIn, matter: Matter, limit: str
) -> None:
    answer = do(
        sign_in("worker", part=True),
        matter,
        "extend",
        clock="solve",
        limit=limit,
        limit_unit="h",
        reason="等配件",
    )
    assert answer == 422 and not Asked.objects.exists()


def test_a_new_grade_has_another_limit(town: Town, sign_in: SignIn, matter: Matter) -> None:
    assert do(sign_in("worker", part=True), matter, "regrade", grade="complex", reason="三栋楼都不热") == 200
    assert Matter.objects.get(pk=matter.pk).grade == "complex"


def test_another_place_is_found_by_its_address(town: Town, sign_in: SignIn, matter: Matter) -> None:
    leader = sign_in("leader", part=True)
    assert "data" not in leader.get("/desk/spots/", {"address": ""}).content.decode()
    assert "清和" in leader.get("/desk/spots/", {"address": "清和园"}).content.decode()
    lon, lat = spot(502)
    assert do(leader, matter, "move_place", spot=f"{lon},{lat}", reason="在隔壁") == 200
    assert Matter.objects.get(pk=matter.pk).place_id == 502


def test_a_unit_is_dispatched_and_answers_for_it(town: Town, sign_in: SignIn, matter: Matter) -> None:
    assert (
        do(
            sign_in("leader", part=True),
            matter,
            "dispatch",
            units=ids.text(town.units["heat"]),
            words="主管道",
        )
        == 200
    )
    assert Matter.objects.get(pk=matter.pk).holder_unit_id == town.units["heat"]


def test_a_pause_ends_at_the_local_hour_that_was_chosen(town: Town, sign_in: SignIn, matter: Matter) -> None:
    until = (moment.local(moment.now()) + timedelta(days=2)).replace(second=0, microsecond=0)
    given = {"reason": "等配件", "until": f"{until:%Y-%m-%dT%H:%M}"}
    assert do(sign_in("leader", part=True), matter, "pause", **given) == 200
    assert Matter.objects.get(pk=matter.pk).paused_until == until


def test_an_hour_that_cannot_be_read_is_refused(town: Town, sign_in: SignIn, matter: Matter) -> None:
    assert do(sign_in("leader", part=True), matter, "pause", reason="等配件", until="tomorrow") == 422


def test_it_goes_down_to_a_named_person(town: Town, sign_in: SignIn, matter: Matter) -> None:
    town.take("worker", matter.pk, "hand_up", reason="办不了")
    given = {"role": "grid_worker", "person_id": ids.text(town.ids["worker"])}
    assert do(sign_in("leader", part=True), matter, "hand_down", **given) == 200
    assert Matter.objects.get(pk=matter.pk).holder_id == town.ids["worker"]

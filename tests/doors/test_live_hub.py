"""Who hears what, and what a listener who is slow, or was away, is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from linli.doors.live import hub as hubs
from linli.doors.live.events import LiveEvent, Subscription
from linli.doors.live.hub import REFETCH, Full, Hub, Listener


def event(topic: str = "public", *paths: str, n: int = 0) -> LiveEvent:
    return LiveEvent(topic, paths, "changed", {"n": n})


def subscription(*topics: str, paths: tuple[str, ...] | None = None, holder: str = "") -> Subscription:
    return Subscription(frozenset(topics), paths, holder)


@pytest.fixture(autouse=True)
def _loop() -> Iterator[None]:
    """Listeners carry asyncio events; a loop of this test's own keeps older Pythons content."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


def heard(listener: Listener) -> list[int]:
    """The n of every event it has to send, in order."""
    words = listener.take().decode()
    return [
        int(line.removeprefix('data: {"n":').rstrip("}"))
        for line in words.split("\n")
        if line.startswith('data: {"n"')
    ]


def test_an_event_reaches_those_who_hear_its_topic_and_nobody_else() -> None:
    hub = Hub()
    public, screen, mine, both = (
        hub.join(subscription(*topics), "a")
        for topics in (["public"], ["screen"], ["matter:1"], ["public", "screen"])
    )
    hub.say(
        [
            (0, [event("public", n=1)]),
            (1, [event("screen", n=2)]),
            (2, [event("matter:1", n=3)]),
            (3, [event("matter:2", n=4)]),
        ]
    )
    assert [heard(one) for one in (public, screen, mine, both)] == [[1], [2], [3], [1, 2]]


def test_staff_hear_their_own_ground_and_what_lies_below_it() -> None:
    hub = Hub()
    street = hub.join(subscription("staff", paths=("/1/5/",)), "a")
    two = hub.join(subscription("staff", paths=("/1/5/8/", "/1/9/")), "b")
    nowhere = hub.join(subscription("staff", paths=()), "c")
    everywhere = hub.join(subscription("staff"), "d")
    events = [("/1/5/",), ("/1/5/8/",), ("/1/50/",), ("/1/",), ("/1/50/", "/1/9/3/"), ()]
    hub.say([(n, [event("staff", *paths, n=n)]) for n, paths in enumerate(events)])
    assert [heard(one) for one in (street, two, nowhere, everywhere)] == [
        [0, 1],
        [1, 4],
        [],
        [0, 1, 2, 3, 4, 5],
    ]


@pytest.mark.parametrize("path", ["/1/5", "1/5/", "", "1"])
def test_a_path_that_would_hear_its_neighbours_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        subscription("staff", paths=(path,))


def test_an_event_is_encoded_once_for_all_who_hear_it() -> None:
    hub = Hub()
    listeners = [hub.join(subscription("public"), f"a{n}") for n in range(50)]
    listeners += [hub.join(subscription("public", "screen"), f"b{n}") for n in range(50)]
    hub.say([(0, [event()])])
    assert len({id(one.pending[0]) for one in listeners}) == 1


def test_the_events_of_one_entry_carry_its_index_once_at_their_end() -> None:
    hub = Hub()
    listener = hub.join(subscription("public", "screen"), "a")
    hub.say([(7, [event("public", n=1), event("screen", n=2)])])
    assert listener.take() == (b'event: changed\ndata: {"n":1}\n\nid: 7\nevent: changed\ndata: {"n":2}\n\n')


def test_words_stay_on_one_line_whatever_they_contain() -> None:
    line = LiveEvent("public", (), "changed", {"w": "一\n二\r\nid: 9"}).line()
    assert line.count(b"\n") == 3
    assert b"\r" not in line


def test_a_slow_listener_loses_the_oldest_and_is_told_to_fetch_again() -> None:
    hub = Hub()
    slow = hub.join(subscription("public"), "a")
    hub.say((n, [event(n=n)]) for n in range(hubs.BACKLOG + 10))
    words = slow.take()
    assert words.startswith(REFETCH)
    assert words.count(b"changed") == hubs.BACKLOG
    hub.say([(99, [event(n=99)])])
    assert heard(slow) == [99]


def test_who_was_away_hears_exactly_what_was_missed() -> None:
    hub = Hub()
    hub.start_at(10)
    hub.say((n, [event("public" if n % 2 else "screen", n=n)]) for n in range(10, 30))
    missed = hub.since(subscription("public"), 20)
    assert missed is not None
    assert [int(words.split(b"\n")[0].removeprefix(b"id: ")) for words in missed] == [21, 23, 25, 27, 29]
    assert hub.since(subscription("public"), 29) == []
    assert hub.since(subscription("public"), 9) is not None


@pytest.mark.parametrize("last", [8, -2, 30, 5000])
def test_who_was_away_too_long_or_comes_from_another_log_is_told_to_fetch_again(last: int) -> None:
    hub = Hub()
    hub.start_at(10)
    hub.say((n, [event(n=n)]) for n in range(10, 30))
    assert hub.since(subscription("public"), last) is None


def test_listeners_are_told_when_the_hub_itself_has_missed_something() -> None:
    hub = Hub()
    listener = hub.join(subscription("public"), "a")
    hub.start_at(500)
    assert listener.take() == REFETCH


def test_the_hub_forgets_old_events_and_knows_that_it_did() -> None:
    hub = Hub()
    hub.say((n, [event(n=n)]) for n in range(hubs.REMEMBERED + 100))
    assert hub.since(subscription("public"), 98) is None
    missed = hub.since(subscription("public"), 99)
    assert missed is not None
    assert len(missed) == hubs.REMEMBERED


def test_entries_that_say_nothing_still_move_the_hub_on() -> None:
    hub = Hub()
    hub.say([(0, []), (1, []), (2, [])])
    assert (hub.reached, hub.mark(), hub.since(subscription("public"), 2)) == (3, b"id: 2\n\n", [])


def test_nobody_holds_more_streams_than_they_may() -> None:
    hub = Hub(most=7, per_holder=2, per_address=3)
    held = [hub.join(subscription("staff", holder="person:1"), "a") for _ in range(2)]
    with pytest.raises(Full):
        hub.join(subscription("screen", holder="person:1"), "b")
    for _ in range(3):
        hub.join(subscription("public"), "a")
    with pytest.raises(Full):
        hub.join(subscription("public"), "a")
    hub.leave(held[0])
    hub.leave(held[0])
    hub.join(subscription("staff", holder="person:1"), "a")
    hub.join(subscription("public"), "b")
    hub.join(subscription("public"), "c")
    with pytest.raises(Full):
        hub.join(subscription("public"), "d")
    assert hub.size == 7


def test_a_hub_that_everybody_has_left_holds_nothing_of_them() -> None:
    hub = Hub()
    listeners = [
        hub.join(subscription("public", f"matter:{n}", holder=f"person:{n}"), "a") for n in range(20)
    ]
    for listener in listeners:
        hub.leave(listener)
    assert (hub.size, hub._groups, hub._by_topic, hub._subscriptions, hub._counts) == (0, {}, {}, {}, {})


def test_the_silent_get_a_sign_of_life_that_also_keeps_their_place() -> None:
    hub = Hub()
    hub.say([(0, [])])
    silent, busy = hub.join(subscription("public"), "a"), hub.join(subscription("screen"), "a")
    busy.tell(b"x")
    hub.beat()
    assert silent.take() == b"event: beat\ndata: {}\nid: 0\n\n"
    assert busy.take() == b"x"


def test_streams_end_when_they_have_lasted_long_enough_or_are_stuck() -> None:
    hub = Hub()
    old, stuck = (
        hub.join(Subscription(frozenset(["staff"]), lasting=0), "a"),
        hub.join(subscription("staff"), "a"),
    )

    class Task:
        cancelled = False

        def cancel(self) -> None:
            self.cancelled = True

    task = Task()
    stuck.sending, stuck.task = -1e9, task  # type: ignore[assignment]
    hub.beat()
    assert (old.closed, task.cancelled) == (True, True)
    hub.close()
    assert stuck.closed

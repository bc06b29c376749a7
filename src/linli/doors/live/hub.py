"""Who is listening, and what each has still to be told. Lives on the event loop; nothing here waits, reads or writes.

An event is encoded once and its bytes are shared by all who hear it. Listeners with equal subscriptions form a group, so
what an event costs depends on how many kinds of listeners there are, not on how many listeners.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from linli.doors.live.events import LiveEvent, Subscription

REFETCH = b"event: refetch\ndata: {}\n\n"
BEAT = b"event: beat\ndata: {}\n"  # not a comment: a browser hides those from the page, which then cannot tell silence from death
BACKLOG = 64
REMEMBERED = 2000
STUCK = 60.0

Said = tuple[int, tuple[LiveEvent, ...], tuple[bytes, ...]]
"""An entry's index, what it gave rise to, and that encoded."""


class Full(Exception):
    """There are enough streams: of this holder, from this address, or in all."""


@dataclass(eq=False)
class Listener:
    """One open stream. ``pending`` is what it has still to be told; the oldest goes when it is too slow, and it is told so."""

    subscription: Subscription
    counted: str
    pending: deque[bytes] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    closed: bool = False
    began: float = field(default_factory=time.monotonic)
    sending: float | None = None
    task: asyncio.Task[None] | None = None

    def tell(self, words: bytes) -> None:
        """Give it something to send."""
        if len(self.pending) >= BACKLOG:
            self.pending.popleft()
            self.lost = True
        self.pending.append(words)
        self.wake.set()

    def close(self) -> None:
        """Let it send what it has and end."""
        self.closed = True
        self.wake.set()

    def take(self) -> bytes:
        """Everything it has to send now."""
        self.wake.clear()
        words = b"".join(self.pending)
        self.pending.clear()
        if self.lost:
            self.lost = False
            return REFETCH + words
        return words


class Hub:
    """All listeners of this process, and the last events, so that one who was away for a moment misses nothing."""

    def __init__(self, *, most: int = 10_000, per_holder: int = 16, per_address: int = 256) -> None:
        self._most, self._per_holder, self._per_address = most, per_holder, per_address
        self._groups: dict[object, set[Listener]] = {}
        self._subscriptions: dict[object, Subscription] = {}
        self._by_topic: dict[str, set[object]] = {}
        self._counts: Counter[str] = Counter()
        self._recent: deque[Said] = deque(maxlen=REMEMBERED)
        self._beginning = 0
        self.reached = 0
        self.size = 0

    def start_at(self, idx: int) -> None:
        """Begin at this index of the ledger: nothing before it is known here, and who listens already is told so."""
        self._beginning = self.reached = idx
        self._recent.clear()
        for listener in self.listeners():
            listener.tell(REFETCH)

    def join(self, subscription: Subscription, address: str) -> Listener:
        """One more listener. Raises Full."""
        counted = subscription.holder or f"address:{address}"
        most = self._per_holder if subscription.holder else self._per_address
        if self.size >= self._most or self._counts[counted] >= most:
            raise Full(counted)
        listener = Listener(subscription, counted)
        self._counts[counted] += 1
        self.size += 1
        key = subscription.key
        if key not in self._groups:
            self._groups[key] = set()
            self._subscriptions[key] = subscription
            for topic in subscription.topics:
                self._by_topic.setdefault(topic, set()).add(key)
        self._groups[key].add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """One listener fewer."""
        key = listener.subscription.key
        group = self._groups.get(key)
        if group is None or listener not in group:
            return
        group.discard(listener)
        self.size -= 1
        self._counts[listener.counted] -= 1
        if not self._counts[listener.counted]:
            del self._counts[listener.counted]
        if not group:
            del self._groups[key], self._subscriptions[key]
            for topic in listener.subscription.topics:
                self._by_topic[topic].discard(key)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]

    def say(self, entries: Iterable[tuple[int, Sequence[LiveEvent]]]) -> None:
        """Tell everybody concerned what these ledger entries (index, events), in order, gave rise to."""
        for idx, events in entries:
            self.reached = idx + 1
            if not events:
                continue
            said = (idx, tuple(events), tuple(event.line() for event in events))
            if len(self._recent) == self._recent.maxlen:
                self._beginning = self._recent[0][0] + 1
            self._recent.append(said)
            self._tell(said)

    def since(self, subscription: Subscription, last: int) -> list[bytes] | None:
        """What this subscription missed after entry ``last``; None when that is no longer (or not yet) known here."""
        if last + 1 < self._beginning or last >= self.reached:
            return None
        missed = []
        for said in self._recent:
            if said[0] > last:
                heard = tuple(n for n, event in enumerate(said[1]) if subscription.admits(event))
                if heard:
                    missed.append(_words(said, heard))
        return missed

    def mark(self) -> bytes:
        """Words that say nothing but move the listener's Last-Event-ID to where the hub has got to."""
        return b"id: %d\n\n" % (self.reached - 1)

    def listeners(self) -> list[Listener]:
        """Everybody listening now."""
        return [listener for group in self._groups.values() for listener in group]

    def beat(self) -> None:
        """Once in a while: a sign of life that scripts can hear, an end to streams that are stuck or have lasted long enough."""
        now, alive = time.monotonic(), BEAT + self.mark()
        for listener in self.listeners():
            if listener.sending is not None:
                if now - listener.sending > STUCK and listener.task is not None:
                    listener.task.cancel()
            elif now - listener.began > listener.subscription.lasting:
                listener.close()
            elif not listener.pending:
                listener.tell(alive)

    def close(self) -> None:
        """End every stream; browsers come back by themselves."""
        for listener in self.listeners():
            listener.close()

    def _tell(self, said: Said) -> None:
        heard: dict[object, list[int]] = {}
        for n, event in enumerate(said[1]):
            for key in self._by_topic.get(event.topic, ()):
                if self._subscriptions[key].admits(event):
                    heard.setdefault(key, []).append(n)
        shared: dict[tuple[int, ...], bytes] = {}
        for key, which in heard.items():
            chosen = tuple(which)
            words = shared.get(chosen) or shared.setdefault(chosen, _words(said, chosen))
            for listener in self._groups[key]:
                listener.tell(words)


def _words(said: Said, chosen: tuple[int, ...]) -> bytes:
    """The chosen events of one entry. Only the last carries the id, so that a cut between them repeats, never omits."""
    lines = [said[2][n] for n in chosen]
    return b"".join(lines[:-1]) + b"id: %d\n" % said[0] + lines[-1]

"""What is said on a stream, who hears it, and the two things other doors register. No input or output here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from linli.kernel.ledger.rows import EntryRow


@dataclass(frozen=True)
class LiveEvent:
    """One thing to say. ``topic`` is ``public``, ``screen``, ``staff`` or ``matter:<id>``.

    ``paths`` are the paths of the places it concerns. ``event`` is the name browsers listen to; ``data`` goes to them as
    JSON, so whoever may hear the topic may read all of it.
    """

    topic: str
    paths: tuple[str, ...]
    event: str
    data: Mapping[str, Any]

    def line(self) -> bytes:
        """The event as it stands on the wire, without its id."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.event}\ndata: {data}\n\n".encode()


@dataclass(frozen=True)
class Subscription:
    """What one listener may hear. Equal subscriptions share their events.

    ``paths``: None hears the topics everywhere; otherwise only events of a place at or below one of these paths
    (``/1/5/``), so an empty tuple hears nothing that has a place. ``holder`` names whose streams are counted together
    (``person:…``); without one they are counted by address. ``lasting`` is how many seconds the stream may stay open before the
    browser must connect, and be judged, again.
    """

    topics: frozenset[str]
    paths: tuple[str, ...] | None = None
    holder: str = ""
    lasting: float = 3600.0

    def __post_init__(self) -> None:
        for path in self.paths or ():
            if not (path.startswith("/") and path.endswith("/")):
                raise ValueError("a path begins and ends with a slash, or /1/5 would also hear /1/50/")

    @property
    def key(self) -> tuple[frozenset[str], tuple[str, ...] | None]:
        """What decides which events it hears."""
        return self.topics, self.paths

    def admits(self, event: LiveEvent) -> bool:
        """Whether this listener hears that event."""
        if event.topic not in self.topics:
            return False
        if self.paths is None or event.topic.startswith("matter:"):
            return True
        return any(path.startswith(self.paths) for path in event.paths)


@dataclass(frozen=True)
class LiveRequest:
    """Who asks for a stream, as far as a resolver needs it: read once, when the stream begins.

    ``rest`` is what follows the topic in the address (the token in ``/live/matter/<token>``); header names are lower case.
    """

    rest: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


Mapper = Callable[[EntryRow], Iterable[LiveEvent]]
Resolver = Callable[[LiveRequest], Subscription | None]

_mappers: list[Mapper] = []
_topics: dict[str, Resolver] = {}


def register_mapper(mapper: Mapper) -> None:
    """Have ``mapper`` turn ledger entries into events. It runs outside the event loop and may read the store.

    It is called for every entry: answer ``()`` for kinds it does not know.
    """
    if mapper not in _mappers:
        _mappers.append(mapper)


def register_topic(name: str, resolver: Resolver) -> None:
    """Serve ``/live/<name>`` to whom ``resolver`` gives a subscription; None means no, and looks like a wrong address.

    It runs in a web thread, once per stream, and may read the store or raise Refusal.
    """
    if _topics.setdefault(name, resolver) is not resolver:
        raise ValueError(f"two resolvers for the topic {name}")


def mappers() -> tuple[Mapper, ...]:
    """All registered mappers."""
    return tuple(_mappers)


def resolver_of(name: str) -> Resolver | None:
    """The resolver of a topic, None if there is no such topic."""
    return _topics.get(name)

"""Streams of what just happened, for whoever may see it (server-sent events under /live/).

What happens is read from the ledger once per process (``tail``), turned into events by mappers, and given by ``hub`` to
everybody whose subscription admits it. Who may subscribe to what is decided by resolvers, one per topic. Other doors
register both at start; nothing here knows what a matter is.
"""

from linli.doors.live.events import LiveEvent, LiveRequest, Subscription, register_mapper, register_topic

__all__ = ["LiveEvent", "LiveRequest", "Subscription", "register_mapper", "register_topic"]

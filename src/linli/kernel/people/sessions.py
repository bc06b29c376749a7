"""Signed-in browsers, kept in the store with whose they are, and ended when nobody touched them for too long.

How long a session may lie idle is written in it at sign-in (``idle``, minutes; none for a wall screen and for
residents). It is noted at most once a minute that it was used.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as StoredSession

from linli.kernel import moment
from linli.kernel.people.models import Session
from linli.kernel.store import acting

_NOTED_EVERY = timedelta(minutes=1)


class SessionStore(StoredSession):
    """Django's sessions in a table of our own."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row: Session | None = self._get_session_from_db()  # type: ignore[attr-defined]
        if row is None:
            return {}
        data: dict[str, Any] = self.decode(row.session_data)
        unused = moment.now() - row.seen
        idle = data.get("idle")
        if idle and unused > timedelta(minutes=int(idle)):
            with acting():
                Session.objects.filter(session_key=row.session_key).delete()
            self._session_key = None
            return {}
        if unused > _NOTED_EVERY:
            with acting():
                Session.objects.filter(session_key=row.session_key).update(seen=moment.now())
        return data

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        who = data.get("_auth_user_id")
        row.person_id = int(who) if who else None
        row.device = str(data.get("device", ""))[:120]
        row.began = datetime.fromisoformat(data["began"]) if "began" in data else moment.now()
        return row

    def save(self, must_create: bool = False) -> None:
        with acting():
            super().save(must_create)

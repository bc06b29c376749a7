"""The real server with two addresses of its own, for ``test_live_server``. A line on stdin puts an entry in the ledger."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from linli.config import wiring

wiring.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from linli.doors.health import healthz  # noqa: E402
from linli.doors.live import LiveEvent, Subscription, register_mapper, register_topic  # noqa: E402
from linli.kernel import store  # noqa: E402
from linli.kernel.ledger import append  # noqa: E402


def slow(request: HttpRequest) -> HttpResponse:
    """An answer that takes a second."""
    time.sleep(1)
    return HttpResponse("finished")


def echo(request: HttpRequest) -> HttpResponse:
    """How long the body was, and who sent it."""
    return HttpResponse(f"{len(request.body)} from {request.META['REMOTE_ADDR']}")


urlpatterns: list[Any] = [path("healthz", healthz), path("slow", slow), path("echo", echo)]


def _obey() -> None:
    for line in sys.stdin:
        with store.acting():
            append.commit("test.said", "test:1", append.next_seq("test:1"), {"word": line.strip()})
    connection.close()


if __name__ == "__main__":
    settings.ROOT_URLCONF = "tests.doors.serving"
    settings.MIDDLEWARE = []
    from linli.config import server  # the handler reads both when it is made

    call_command("migrate", verbosity=0)
    register_topic("heard", lambda request: Subscription(frozenset(["public"])))
    register_mapper(lambda entry: [LiveEvent("public", (), "said", entry.body)])
    threading.Thread(target=_obey, daemon=True).start()
    sys.exit(server.run("127.0.0.1", int(sys.argv[1])))

"""Addresses of the hotline console, below ``/hotline/``."""

from __future__ import annotations

from django.urls import path

from linli.doors.hotline import callbacks, console, filing, finding

app_name = "hotline"
urlpatterns = [
    path("", console.home, name="home"),
    path("call/", console.start, name="start"),
    path("call/<str:written>/draft/", console.draft, name="draft"),
    path("call/<str:written>/end/", console.end, name="end"),
    path("call/<str:written>/number/", console.reveal, name="reveal"),
    path("call/<str:written>/through/<str:to>/", console.emergency, name="emergency"),
    path("call/<str:written>/ground/", finding.ground, name="ground"),
    path("call/<str:written>/file/", filing.file, name="file"),
    path("call/<str:written>/join/<str:other>/", filing.join, name="join"),
    path("addresses/", finding.addresses, name="addresses"),
    path("queue/", callbacks.queue, name="queue"),
    path("back/<str:written>/", callbacks.back, name="back"),
    path("back/<str:written>/number/", callbacks.number, name="back_number"),
]

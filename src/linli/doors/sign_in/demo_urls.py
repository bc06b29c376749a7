"""The sample town's own way in. Configuration routes it in demo mode (and for tests), never in service."""

from __future__ import annotations

from django.urls import path

from linli.doors.sign_in import sample

app_name = "demo"
urlpatterns = [
    path("", sample.everybody, name="everybody"),
    path("as/<str:login>", sample.as_anyone, name="as_anyone"),
]

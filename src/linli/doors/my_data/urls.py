"""Addresses of one's own data, under ``/my/data/``. ``key`` is ``account``, a secret link's token, or a matter this browser knows."""

from __future__ import annotations

from django.urls import path

from linli.doors.my_data import mine, office

app_name = "my_data"
urlpatterns = [
    path("", mine.start, name="start"),
    path("office/", office.office, name="office"),
    path("office/copy.zip", office.copy, name="office_copy"),
    path("office/erase/", office.erase, name="office_erase"),
    path("<str:key>/", mine.shown, name="shown"),
    path("<str:key>/copy.zip", mine.copy, name="copy"),
    path("<str:key>/erase/", mine.erase, name="erase"),
]

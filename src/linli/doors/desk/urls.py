"""Addresses of the desk, below ``/desk/``."""

from __future__ import annotations

from django.urls import path

from linli.doors.desk import acting, bulk, inbox, matter, notices, places, rates, search

app_name = "desk"
urlpatterns = [
    path("", inbox.home, name="home"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("search/", search.search, name="search"),
    path("spots/", places.spots, name="spots"),
    path("bulk/<str:does>/", bulk.bulk, name="bulk"),
    path("m/<str:written>/", matter.matter, name="matter"),
    path("m/<str:written>/do/<str:key>/", acting.act, name="act"),
    path("m/<str:written>/why/<str:clock>/", matter.why, name="why"),
    path("m/<str:written>/contact/", matter.reveal, name="reveal"),
    path("m/<str:written>/find/", acting.find, name="find"),
    path("places/", places.places, name="places"),
    path("places/<str:written>/", places.places, name="place"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="bell"),
    path("notices/read/", notices.read, name="read"),
    path("notices/undelivered/", notices.undelivered, name="undelivered"),
    path("rates/", rates.rates, name="rates"),
]

"""Addresses of the field, below ``/field/``."""

from __future__ import annotations

from django.urls import path

from linli.doors.field import acting, duty, inbox, listing, matter, patrol, report

app_name = "field"
urlpatterns = [
    path("", listing.mine, name="list"),
    path("m/<str:written>/", matter.matter, name="matter"),
    path("m/<str:written>/call/", matter.call, name="call"),
    path("m/<str:written>/do/<str:key>/", acting.act, name="act"),
    path("patrol/", patrol.patrol, name="patrol"),
    path("patrol/start/", patrol.start, name="start"),
    path("patrol/<str:written>/visit/<str:stop>/", patrol.visit, name="visit"),
    path("patrol/<str:written>/finish/", patrol.finish, name="finish"),
    path("report/", report.report, name="report"),
    path("duty/", duty.duty_week, name="duty"),
    path("duty/back/", duty.back, name="leave_end"),
    path("notices/", inbox.notices, name="notices"),
    path("notices/read/", inbox.read, name="read"),
]

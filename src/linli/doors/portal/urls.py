"""Addresses of the portal, at the root."""

from __future__ import annotations

from django.urls import path

from linli.doors.portal import (
    filing,
    finding,
    follow,
    home,
    live,
    mine,
    neighbourhood,
    privacy,
    report,
    worker,
)

live.register()

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("report/", report.what, name="report"),
    path("report/where/", report.where, name="where"),
    path("report/words/", report.words, name="words"),
    path("report/done/", filing.done, name="done"),
    path("report/here/", filing.here, name="here"),
    path("report/suggest/", filing.suggest, name="suggest"),
    path("report/likely/", filing.again, name="likely"),
    path("report/same/<str:written>/", filing.same, name="same"),
    path("m/<str:token>/", follow.follow, name="follow"),
    path("m/<str:token>/do/<str:key>/", follow.act, name="act"),
    path("my/", mine.mine, name="mine"),
    path("my/find/", finding.find, name="find"),
    path("my/<str:written>/", follow.known, name="known"),
    path("my/<str:written>/do/<str:key>/", follow.act_known, name="act_known"),
    path("my/<str:written>/forget/", mine.forget, name="forget"),
    path("map/", neighbourhood.shown, name="map"),
    path("map/dots.json", neighbourhood.dots_json, name="dots"),
    path("map/<str:written>/", neighbourhood.sheet, name="sheet"),
    path("worker/", worker.worker, name="worker"),
    path("worker/home/", worker.home, name="remember_home"),
    path("about/privacy/", privacy.privacy, name="privacy"),
]

"""Addresses of the wall, below ``/screen/``."""

from __future__ import annotations

from django.urls import path

from linli.doors.screen import views

app_name = "screen"
urlpatterns = [
    path("", views.home, name="home"),
    path("state.json", views.state_json, name="state"),
    path("m/<str:written>/", views.card, name="card"),
]

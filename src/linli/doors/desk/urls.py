"""Addresses of the desk, below ``/desk/``."""

from __future__ import annotations

from django.urls import path

from linli.doors.desk import (
    acting,
    bulk,
    inbox,
    matter,
    notices,
    people,
    people_accounts,
    people_acts,
    people_roster,
    places,
    rates,
    search,
)

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
    path("people/", people.standing_now, name="people"),
    path("people/p/<str:written>/", people.person, name="person"),
    path("people/p/<str:written>/leave/", people_acts.leave, name="leave"),
    path("people/p/<str:written>/back/", people_acts.back, name="leave_end"),
    path("people/p/<str:written>/hand-over/", people_acts.hand_over, name="hand_over"),
    path("people/p/<str:written>/end/", people_acts.end, name="post_end"),
    path("people/p/<str:written>/call-off/", people_acts.call_off, name="call_off"),
    path("people/appoint/", people_acts.appoint, name="appoint"),
    path("people/roster/", people_roster.roster, name="roster"),
    path("people/accounts/", people_accounts.accounts, name="accounts"),
    path("people/accounts/new/", people_accounts.add, name="account_new"),
    path("people/p/<str:written>/details/", people_accounts.details, name="account_details"),
    path("people/p/<str:written>/password/", people_accounts.password, name="account_password"),
    path("people/p/<str:written>/second-factor/", people_accounts.factor, name="account_factor"),
    path("people/p/<str:written>/close/", people_accounts.close, name="account_close"),
    path("people/p/<str:written>/reopen/", people_accounts.reopen, name="account_reopen"),
]

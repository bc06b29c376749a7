"""The addresses of signing in and of one's own account."""

from __future__ import annotations

from django.urls import URLPattern, path

from linli.doors.sign_in import account, coming_in, proof

app_name = "sign_in"
urlpatterns: list[URLPattern] = [
    path("sign-in/", coming_in.sign_in, name="sign_in"),
    path("sign-in/register/", coming_in.register, name="register"),
    path("sign-in/code/", proof.code, name="code"),
    path("sign-in/enrol/", proof.enrol, name="enrol"),
    path("sign-in/password/", proof.password, name="password"),
    path("sign-in/out", coming_in.out, name="out"),
    path("account/", account.account, name="account"),
    path("account/details", account.details, name="details"),
    path("account/leave", account.leave, name="leave"),
    path("account/leave/end", account.back, name="back"),
    path("account/session/end", account.end_session, name="end_session"),
    path("account/erase", account.erase, name="erase"),
]

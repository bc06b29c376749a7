"""Addresses under ``/ledger/``. Those of C2SP tlog-tiles have no slash at the end."""

from __future__ import annotations

from django.urls import path

from linli.doors.ledger import evidence, published, verifying

app_name = "ledger"
urlpatterns = [
    path("", verifying.about, name="about"),
    path("verify", verifying.verify, name="verify"),
    path("checkpoint", published.checkpoint, name="checkpoint"),
    path("checkpoint/<int:size>", published.checkpoint_at, name="checkpoint_at"),
    path("consistency/<int:old>/<int:new>", published.consistency, name="consistency"),
    path("keys", published.keys_json, name="keys"),
    path("tile/<path:written>", published.tile, name="tile"),
    path("cosignatures", published.cosignatures, name="cosignatures"),
    path("proof/<str:entry>", evidence.proof, name="proof"),
    path("receipt/<str:matter>/<str:which>/", evidence.receipt, name="receipt"),
    path("receipt/<str:matter>/<str:which>/file", evidence.file, name="receipt_file"),
]

"""What a second factor is kept in: an authenticator and recovery codes, sealed like names and numbers.

django-otp counts and slows down wrong tries and ties a session to its device; its own tables hold every secret in the open, so these stand in
their place. Written by ``second_factor`` only. Their ids are counted up as there, for the log's keyed hashes are over them, both before and after
a store was brought up.
"""

from __future__ import annotations

import hmac
import secrets
import time

from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from linli.kernel.people import sealed


def fresh() -> bytes:
    """A new secret, sealed."""
    return sealed.seal(secrets.token_hex(20))


class Authenticator(TimestampMixin, ThrottlingMixin, Device):
    """A secret shared with somebody's telephone (RFC 6238, SHA-1). It counts once it is ``confirmed``."""

    id = models.AutoField(primary_key=True)
    user = models.ForeignKey("people.Person", models.CASCADE, related_name="+")
    sealed = models.BinaryField(default=fresh)  # the key in hexadecimal
    step = models.PositiveSmallIntegerField(default=30)  # seconds
    t0 = models.BigIntegerField(default=0)
    digits = models.PositiveSmallIntegerField(default=6)
    tolerance = models.PositiveSmallIntegerField(default=1)  # steps before and after
    drift = models.SmallIntegerField(default=0)  # steps by which that telephone is known to be off
    last_t = models.BigIntegerField(default=-1)  # the step of the last code accepted: each is good once

    class Meta:
        db_table = "people_authenticator"

    @property
    def key(self) -> str:
        """The secret in hexadecimal. Refusal ``people.sealed_unreadable``."""
        return sealed.unseal(self.sealed)

    @property
    def bin_key(self) -> bytes:
        """The secret itself."""
        return bytes.fromhex(self.key)

    def get_throttle_factor(self) -> float:
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether these are the digits of now, not used before. Wrong ones are counted, right ones remembered; inside an act, on a locked row."""
        if not self.verify_is_allowed()[0]:
            return False
        counting = TOTP(self.bin_key, self.step, self.t0, self.digits, self.drift)
        counting.time = time.time()
        if not (token.isdecimal() and counting.verify(int(token), self.tolerance, self.last_t + 1)):
            self.throttle_increment()
            return False
        self.last_t, self.drift = counting.t(), counting.drift
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True


class RecoverySet(TimestampMixin, ThrottlingMixin, Device):
    """The recovery codes that somebody was given together."""

    id = models.AutoField(primary_key=True)
    user = models.ForeignKey("people.Person", models.CASCADE, related_name="+")

    class Meta:
        db_table = "people_recovery_set"

    def get_throttle_factor(self) -> float:
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether it is one of the codes left; it is gone then. Wrong ones are counted; inside an act, on a locked row."""
        if not self.verify_is_allowed()[0]:
            return False
        right = [one.pk for one in self.codes.all() if hmac.compare_digest(one.code.encode(), token.encode())]
        if not right:
            self.throttle_increment()
            return False
        RecoveryCode.objects.filter(pk__in=right).delete()
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True


class RecoveryCode(models.Model):
    """One code, good once."""

    id = models.AutoField(primary_key=True)
    device = models.ForeignKey(RecoverySet, models.CASCADE, related_name="codes")
    sealed = models.BinaryField()

    class Meta:
        db_table = "people_recovery_code"

    @property
    def code(self) -> str:
        """The code. Refusal ``people.sealed_unreadable``."""
        return sealed.unseal(self.sealed)

"""What a password must be. Long rather than odd: length, not among the common ones, not the user name."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from linli.kernel.errors import Refusal

LEAST = {"staff": 10, "resident": 8}


def require(password: str, login: str, kind: str) -> None:
    """Refusal ``people.password_…`` unless the password will do for an account of that kind."""
    least = LEAST[kind]
    if len(password) < least:
        raise Refusal("people.password_short", field="password", least=least)
    if login == password.lower() or (len(login) >= 5 and login in password.lower()):
        raise Refusal("people.password_like_login", field="password")
    try:
        CommonPasswordValidator().validate(password)
    except ValidationError as known:
        raise Refusal("people.password_simple", field="password") from known
    if password.isdecimal():
        raise Refusal("people.password_simple", field="password")


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is mistaken for another when read aloud


def fresh() -> str:
    """A first password to be told to somebody once: four groups of four, about 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))

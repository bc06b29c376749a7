"""The second proof of who somebody is: six digits from an authenticator, or one of ten recovery codes, each good once.

``devices`` keeps them sealed, django-otp slows down guessing; here are the acts on them. Both kinds of device belong to one
person; a device counts only once it was confirmed by a first right code.
"""

from __future__ import annotations

import json
import secrets
from base64 import b32encode

from linli.kernel.errors import Refusal
from linli.kernel.people import record, sealed
from linli.kernel.people.actors import Actor
from linli.kernel.people.devices import Authenticator, RecoveryCode, RecoverySet
from linli.kernel.people.models import Person
from linli.kernel.people.rights import require_admin
from linli.kernel.store import acting

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def enrolled(person_id: int) -> bool:
    """Whether an authenticator was confirmed."""
    return Authenticator.objects.filter(user_id=person_id, confirmed=True).exists()


def begin(person_id: int) -> Authenticator:
    """The authenticator being set up; asking again before it is confirmed gives the same secret."""
    with acting():
        waiting = Authenticator.objects.filter(user_id=person_id, confirmed=False).first()
        return waiting or Authenticator.objects.create(user_id=person_id, name="totp", confirmed=False)


def address(device: Authenticator, login: str) -> str:
    """The ``otpauth:`` address that an authenticator reads from the QR code."""
    return (
        f"otpauth://totp/Linli:{login}?secret={secret(device)}&issuer=Linli&algorithm=SHA1&digits=6&period=30"
    )


def secret(device: Authenticator) -> str:
    """The same secret for typing by hand."""
    return b32encode(device.bin_key).decode().rstrip("=")


def confirm(person_id: int, code: str) -> tuple[Authenticator, list[str]]:
    """A first right code makes the authenticator count and replaces any former one. Returns it with ten recovery codes, shown
    this once. Refusal ``people.code_wrong``."""
    device = begin(person_id)
    if not _right(device, _plain(code)):
        raise Refusal("people.code_wrong", field="code")
    with acting():
        Authenticator.objects.filter(user_id=person_id, confirmed=True).delete()
        Authenticator.objects.filter(id=device.id).update(confirmed=True)
        codes = _recovery_codes(person_id)
        record.about_person(
            "second_factor", person_id, Actor(person_id, "person"), did="enrolled", **marks_of(person_id)
        )
    device.confirmed = True
    return device, codes


def _recovery_codes(person_id: int) -> list[str]:
    RecoverySet.objects.filter(user_id=person_id).delete()
    device = RecoverySet.objects.create(user_id=person_id, name="recovery", confirmed=True)
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(10)) for _ in range(CODES)]
    rows = [RecoveryCode(device=device, sealed=sealed.seal(code)) for code in codes]
    RecoveryCode.objects.bulk_create(rows)
    return codes


def verify(person_id: int, code: str) -> Authenticator | RecoverySet:
    """The device that accepts the code. Refusal ``people.code_wrong``; after several wrong ones ``people.code_wait``, which
    holds even for a right one until the pause is over."""
    plain = _plain(code)
    devices: list[Authenticator | RecoverySet] = [
        *Authenticator.objects.filter(user_id=person_id, confirmed=True),
        *RecoverySet.objects.filter(user_id=person_id, confirmed=True),
    ]
    wanted = [one for one in devices if isinstance(one, Authenticator) == plain.isdecimal()]
    for device in wanted:
        if not device.verify_is_allowed()[0]:
            raise Refusal("people.code_wait", kind="busy", field="code")
        if _accepts(device, plain, person_id):
            return device
    raise Refusal("people.code_wrong", field="code")


def _right(device: Authenticator | RecoverySet, plain: str) -> bool:
    """Looked at on the locked row: of two who send the same code at once, one is told that it is used up."""
    with acting():
        kept = type(device).objects.select_for_update().filter(pk=device.pk).first()
        return kept is not None and kept.verify_token(plain)


def _accepts(device: Authenticator | RecoverySet, plain: str, person_id: int) -> bool:
    """A recovery code is gone once it was used, and that is put on record."""
    with acting():
        right = _right(device, plain)
        if right and isinstance(device, RecoverySet):
            record.about_person("second_factor", person_id, Actor(person_id, "person"), did="used_code")
    return right


def codes_left(person_id: int) -> int:
    """How many recovery codes were not used yet."""
    return RecoveryCode.objects.filter(device__user_id=person_id).count()


def remove(person_id: int) -> None:
    """Forget every device, inside an act of the caller."""
    Authenticator.objects.filter(user_id=person_id).delete()
    RecoverySet.objects.filter(user_id=person_id).delete()


def reset(by: Actor, person_id: int) -> None:
    """Somebody lost their authenticator: an administrator removes it, and it must be set up anew at the next sign-in."""
    require_admin(by)
    if not Person.objects.filter(id=person_id, erased=None).exists():
        raise Refusal("people.unknown", kind="missing")
    with acting():
        remove(person_id)
        record.about_person("second_factor", person_id, by, did="reset")


def marks_of(person_id: int) -> dict[str, str]:
    """Keyed hashes of what a person signs in with besides the password, for the entry of the enrolment: the authenticator, and each recovery
    code by itself, for they go one by one. What django-otp notes at every sign-in (drift, last code, wrong tries) is not in them."""
    found = Authenticator.objects.filter(user_id=person_id, confirmed=True).order_by("id")
    kept = [
        [one.pk, one.user_id, one.name, _opened(one), one.step, one.t0, one.digits, one.tolerance]
        for one in found
    ]
    codes = RecoveryCode.objects.filter(device__user_id=person_id, device__confirmed=True)
    rows = [
        [one.pk, one.device_id, one.device.name, _opened(one)]
        for one in codes.select_related("device").order_by("id")
    ]
    return {
        "authenticator": sealed.mark(json.dumps(kept).encode()),
        "codes": " ".join(sealed.mark(json.dumps([person_id, *row]).encode())[:16] for row in rows),
    }


def _opened(row: Authenticator | RecoveryCode) -> str:
    """What is sealed in it; what cannot be opened is like nothing that was ever sealed."""
    try:
        return row.key if isinstance(row, Authenticator) else row.code
    except Refusal as unreadable:
        return unreadable.code


def _plain(code: str) -> str:
    return code.strip().replace(" ", "").replace("-", "").lower()

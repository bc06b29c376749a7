"""The second factor is kept sealed: whoever reads the store learns no secret and no code, and every code is good once."""

from __future__ import annotations

import threading
from base64 import b32encode
from collections.abc import Iterator
from itertools import chain

import pytest
from django.core.management import call_command
from django.db import connection
from django_otp.oath import totp

from linli.config import audits
from linli.kernel.errors import Refusal
from linli.kernel.people import accounts, second_factor
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.devices import Authenticator, RecoveryCode, RecoverySet
from tests import audited
from tests.standing import forget
from tests.town import Town

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    forget()
    yield audited.build()
    forget()


def enrolled(person_id: int) -> tuple[str, list[str]]:
    """Somebody with an authenticator: its secret in hexadecimal, and their recovery codes."""
    device = second_factor.begin(person_id)
    key = device.key
    return key, second_factor.confirm(person_id, f"{totp(bytes.fromhex(key)):06d}")[1]


def everything_kept(*tables: str) -> bytes:
    """All columns of all rows of these tables (all there are, if none is named), as bytes."""
    found = []
    with connection.cursor() as cursor:
        for table in tables or connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for value in chain.from_iterable(cursor.fetchall()):
                found.append(bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode())
    return b"\n".join(found)


def test_whoever_reads_the_store_learns_no_secret_and_no_code(town: Town) -> None:
    key, codes = enrolled(town.ids["admin"])
    kept = everything_kept()
    for spelling in (key, key.upper(), b32encode(bytes.fromhex(key)).decode(), *codes):
        assert spelling.encode() not in kept
    assert bytes.fromhex(key) not in kept


def test_a_recovery_code_sent_twice_at_once_lets_one_in(town: Town) -> None:
    person = town.ids["admin"]
    _, codes = enrolled(person)
    gate, answers = threading.Barrier(2), []

    def try_it() -> None:
        try:
            gate.wait()
            second_factor.verify(person, codes[0])
            answers.append("in")
        except Refusal as refused:
            answers.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) in (["in", "people.code_wrong"], ["in", "people.code_wait"])
    assert second_factor.codes_left(person) == 9
    assert list(audits.differences()) == []


def test_the_digits_of_now_are_good_once_and_wrong_ones_slow_everybody_down(town: Town) -> None:
    person = town.ids["admin"]
    key, _ = enrolled(person)
    Authenticator.objects.update(last_t=-1)
    digits = f"{totp(bytes.fromhex(key)):06d}"
    assert second_factor.verify(person, digits).user_id == person
    with pytest.raises(Refusal) as again:
        second_factor.verify(person, digits)
    assert again.value.code == "people.code_wrong"
    with pytest.raises(Refusal) as hasty:
        second_factor.verify(person, digits)
    assert hasty.value.code == "people.code_wait"


def test_a_secret_that_cannot_be_opened_lets_nobody_in_and_is_found_by_the_audit(town: Town) -> None:
    person = town.ids["admin"]
    enrolled(person)
    Authenticator.objects.filter(user_id=person).update(sealed=b"\x01" + b"0" * 40)
    with pytest.raises(Refusal) as refused:
        second_factor.verify(person, "123456")
    assert refused.value.code == "people.sealed_unreadable"
    assert {one.table for one in audits.differences()} == {"people_authenticator"}


def test_erasing_an_account_leaves_nothing_of_its_second_factor(town: Town) -> None:
    person = accounts.add_person(SYSTEM, "going", "要走的人")
    enrolled(person)
    accounts.erase_person(SYSTEM, person)
    for model in (Authenticator, RecoverySet, RecoveryCode):
        assert not model.objects.exists()
    assert list(audits.differences()) == []


def test_what_an_earlier_program_kept_in_the_open_is_sealed_with_its_ids_and_goes_back_the_same(
    town: Town,
) -> None:
    """Down to the schema before, where everything stands in the open, and up again: the same secret, codes, ids and audit."""
    person, open_tables = town.ids["admin"], ("otp_totp_totpdevice", "otp_static_statictoken")
    key, codes = enrolled(person)
    second_factor.verify(person, codes[0])
    before = second_factor.marks_of(person)
    made = Authenticator.objects.get().created_at
    try:
        call_command("migrate", "people", "0003_access_log", verbosity=0)
        in_the_open = everything_kept(*open_tables)
        assert key.encode() in in_the_open and all(code.encode() in in_the_open for code in codes[1:])
    finally:
        call_command("migrate", "people", verbosity=0)
    assert everything_kept(*open_tables) == b""
    assert second_factor.marks_of(person) == before
    assert Authenticator.objects.get().created_at == made
    assert list(audits.differences()) == []
    second_factor.verify(person, codes[1])
    other, _ = enrolled(town.ids["worker"])  # counting goes on after the ids that were brought along
    assert other != key and Authenticator.objects.filter(confirmed=True).count() == 2

"""Every audit there is, in one list: what ``linli ledger verify`` and a restore go through after the log itself has been verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec

from linli.kernel.ledger import tally
from linli.kernel.ledger.audit import Difference

AUDITS = (
    "linli.kernel.ledger.audit_counted",
    "linli.kernel.packspec.audit",
    "linli.kernel.places.audit",
    "linli.kernel.people.audit",
    "linli.kernel.people.audit_proofs",
    "linli.kernel.matters.audit",
    "linli.kernel.matters.audit_beside",
    "linli.kernel.matters.audit_kept",
    "linli.kernel.registers.audit",
    "linli.kernel.notices.audit",
)
COUNTED = frozenset({
    "ledger_checkpoint", "ledger_cosignature", "ledger_cursor", "matters_call", "notices_notice",
})  # fmt: skip

#: Every table that an audit answers for, and by what: any row of it that is changed, added or removed is found.
AUDITED = {
    # the log verifies itself
    "ledger_entry": "leaf by leaf, against the tree",
    "ledger_node": "against the leaves",
    "ledger_head": "against the tree",
    "ledger_cursor": "against the leaf before it, and counted",
    "ledger_checkpoint": "its root and signature, and counted",
    "ledger_cosignature": "its signature, and counted",
    "ledger_tally": "against the rows it counts",
    # against what the entries say of each row
    "packspec_edition": "entries, and the digest of its bytes",
    "places_place": "entries with its hash",
    "places_placeversion": "an entry with its hash",
    "places_survey": "an entry with its hash",
    "people_person": "the last entry's keyed hash of the row",
    "people_unit": "the last entry's hash of the row",
    "people_assignment": "entries",
    "people_roster": "entries",
    "people_turn": "the hash of all of a roster's in its entry",
    "people_leave": "entries",
    "people_consent": "entries",
    "people_access_log": "an entry with a commitment",
    "registers_item": "its changes",
    "registers_change": "an entry",
    "people_authenticator": "a keyed hash in the entry of the enrolment",
    "people_recovery_set": "the entry of the enrolment",
    "people_recovery_code": "a keyed hash of each in the entry of the enrolment",
    # all rows in one hash of the last import's entry, and each row by a hash of its own
    "places_building": "the hash of all, and its own",
    "places_address": "the hash of all, and its own",
    "places_feature": "the hash of all, and its own",
    # made again from the steps, which are compared with their entries
    "matters_matter": "its steps",
    "matters_clock": "its matter's steps",
    "matters_step": "an entry",
    "matters_words": "a commitment in its step's entry",
    "matters_evidence": "a commitment in its step's entry",
    "matters_contact": "a keyed hash in its step",
    "matters_contribution": "its step",
    "matters_summons": "steps",
    "matters_asked": "steps",
    "matters_link": "steps",
    # by a keyed hash that each row carries
    "matters_key": "its own keyed hash, and its step names it",
    "matters_call": "its own keyed hash, and counted",
    "notices_notice": "its own keyed hash, and counted",
}

#: Tables that no audit answers for, and why a row changed there does no harm.
UNAUDITED = {
    "people_session": "browsers signed in and out all the time; what a session says is signed with the program's key",
    "otp_totp_totpdevice": "not used: authenticators are in people_authenticator",
    "otp_static_staticdevice": "not used: recovery codes are in people_recovery_code",
    "otp_static_statictoken": "not used: recovery codes are in people_recovery_code",
    "django_session": "not used: sessions are in people_session",
    "people_generation": "one number by which processes notice that their copy of the rosters is old",
    "axes_accessattempt": "wrong guesses of the last minutes: they slow a guesser down and decide nothing else",
    "axes_accessattemptexpiration": "when such a guess is forgotten",
    "axes_accesslog": "who signed in when, shown to whose account it is, forgotten after its time; decides nothing",
    "axes_accessfailurelog": "not used: wrong guesses are in axes_accessattempt",
    "auth_group": "Django's own and empty: what anybody may do follows from people_assignment",
    "auth_group_permissions": "Django's own and empty",
    "auth_permission": "Django's own list of its models, asked by nobody",
    "django_content_type": "Django's own list of its models, asked by nobody",
    "django_migrations": "which changes of the schema were made: nothing of anybody's",
}


def differences() -> Iterator[Difference]:
    """Everything in which the tables are not what the log says, area by area."""
    for name in AUDITS:
        if find_spec(name) is not None:
            found: Callable[[], Iterator[Difference]] = import_module(name).differences
            yield from found()
    yield from tally.strays(COUNTED)

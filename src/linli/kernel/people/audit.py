"""Do accounts, posts, rosters, leave, organisations, consents and looks stand as the log says? Every difference, by table, row and field."""

from __future__ import annotations

from collections.abc import Iterator

from linli.kernel.ledger import seals
from linli.kernel.ledger.audit import Difference
from linli.kernel.people import looks, record
from linli.kernel.people.models import AccessLog, Assignment, Consent, Leave, Person, Roster, Turn, Unit

_KINDS = (
    "people.account", "people.unit", "people.appointed", "people.roster", "people.leave", "people.consent", "people.look",
    "people.second_factor",
)  # fmt: skip
_TABLES = {
    "person": Person, "unit": Unit, "assignment": Assignment, "roster": Roster, "leave": Leave, "consent": Consent, "look": AccessLog,
}  # fmt: skip


def differences() -> Iterator[Difference]:
    """Everything that differs. Of personal columns it is only said that they differ."""
    yield from _counted(Person, "person")
    yield from _counted(Unit, "unit")
    yield from _assignments()
    yield from _rosters()
    yield from _leaves()
    yield from _consents()
    yield from _looks()
    yield from seals.gone(_KINDS, _TABLES)


def _counted(model: type[Person] | type[Unit], prefix: str) -> Iterator[Difference]:
    """Accounts and organisations: the last entry holds the hash of the whole row."""
    table = model._meta.db_table
    for row, name, told in seals.beside(model.objects.all(), prefix):
        if row.seq != max(told, default=0):
            yield Difference(table, name, "seq (entries about it)", str(max(told, default=0)), str(row.seq))
            continue
        if not told:
            yield Difference(table, name, "row", "an entry", "none")
            continue
        expected = told[row.seq].get("row")
        if expected is not None and expected != record.seal_of(row):
            yield Difference(table, name, "a column (hash of the row)", expected, record.seal_of(row))


def _assignments() -> Iterator[Difference]:
    for row, name, told in seals.beside(Assignment.objects.all(), "assignment"):
        made, last = told.get(1), told[max(told)] if told else {}
        if made is None:
            yield Difference("people_assignment", name, "row", "an entry", "none")
            continue
        expected = {
            "person_id": seals.number_of(made["person"]), "role": made["role"], "place_id": seals.number_of(made["place"]),
            "unit_id": seals.number_of(made["unit"]), "since": seals.moment_of(made["since"]),
            "until": seals.moment_of(last.get("until")),
        }  # fmt: skip
        yield from seals.compare("people_assignment", name, expected, vars(row))


def _rosters() -> Iterator[Difference]:
    known: set[int] = set()
    for row, name, told in seals.beside(Roster.objects.all(), "roster"):
        known.add(row.pk)
        made, last = told.get(1), told[max(told)] if told else {}
        if made is None:
            yield Difference("people_roster", name, "row", "an entry", "none")
            continue
        expected = {
            "role": made["role"], "place_id": seals.number_of(made["place"]), "unit_id": seals.number_of(made["unit"]),
            "since": seals.moment_of(made["since"]), "until": seals.moment_of(last.get("until")),
        }  # fmt: skip
        if "stands_in" in made:
            expected["stands_in"] = made["stands_in"]
        yield from seals.compare("people_roster", name, expected, vars(row))
        turns = list(Turn.objects.filter(roster_id=row.pk).order_by("pk"))
        if "shifts" in made and record.seal_of_turns(turns) != made["shifts"]:
            found = record.seal_of_turns(turns)
            yield Difference(
                "people_turn", f"roster {name}", "shifts (hash of them all)", made["shifts"], found
            )


def _leaves() -> Iterator[Difference]:
    for row, name, told in seals.beside(Leave.objects.all(), "leave"):
        made, ended = told.get(1), told.get(2)
        if made is None:
            yield Difference("people_leave", name, "row", "an entry", "none")
            continue
        expected = {
            "person_id": seals.number_of(made["person"]), "deputy_id": seals.number_of(made["deputy"]),
            "since": seals.moment_of(made["since"]), "until": seals.moment_of((ended or made)["until"]),
        }  # fmt: skip
        yield from seals.compare("people_leave", name, expected, vars(row))


def _consents() -> Iterator[Difference]:
    for row, name, told in seals.beside(Consent.objects.all(), "consent"):
        made = told.get(1)
        if made is None:
            yield Difference("people_consent", name, "row", "an entry", "none")
            continue
        expected = {
            "person_id": seals.number_of(made["by"]),
            "purpose": made["purpose"],
            "version": made["version"],
        }
        yield from seals.compare("people_consent", name, expected, vars(row))
        if (row.withdrawn is not None) != (2 in told):
            said = "withdrawn" if 2 in told else "given"
            yield Difference("people_consent", name, "withdrawn", said, str(row.withdrawn))


def _looks() -> Iterator[Difference]:
    """While its salt is kept a look is compared whole; afterwards by what the log says in the clear."""
    for row, name, told in seals.beside(AccessLog.objects.all(), "look"):
        made = told.get(1)
        if made is None:
            yield Difference("people_access_log", name, "row", "an entry", "none")
            continue
        expected = {
            "person_id": seals.number_of(made["by"]), "actor": made["as"], "what": made["what"],
            "matter_id": seals.number_of(made["matter"]), "about_id": seals.number_of(made.get("about")),
        }  # fmt: skip
        yield from seals.compare("people_access_log", name, expected, vars(row))
        if row.salt and "row" in made and looks.commitment_of(row) != made["row"]:
            yield Difference(
                "people_access_log",
                name,
                "who, why or when (commitment)",
                made["row"],
                looks.commitment_of(row),
            )
        if row.why and not row.salt and "row" in made:
            yield Difference("people_access_log", name, "why", "erased", "still there")

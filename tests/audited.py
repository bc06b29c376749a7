"""The town of ``tests.town`` with its ground and people on record, as an import and the acts would have left them: every audit is clean."""

from __future__ import annotations

from linli.kernel import ids, store
from linli.kernel.ledger import seals
from linli.kernel.ledger.append import commit
from linli.kernel.people import record
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Person
from linli.kernel.places import sealing
from linli.kernel.places.models import Place, PlaceVersion, Survey
from tests import town as towns


def build() -> towns.Town:
    """The town, and the entries about what ``tests.town`` puts there by hand."""
    town = towns.build()
    with store.acting():
        for survey in Survey.objects.all():
            body = {"digest": survey.digest, "from": survey.valid_from.isoformat(), "rows": survey.rows}
            commit(
                "place.survey",
                f"survey:{ids.text(survey.id)}",
                1,
                {**body, "by": None, "row": seals.digest(survey)},
            )
            commit("place.addresses", f"survey:{ids.text(survey.id)}", 2, {"rows": sealing.of_addresses()})
        places = {place.id: place for place in Place.objects.all()}
        for version in PlaceVersion.objects.order_by("pk"):
            place = places[version.place_id]
            body = {
                "code": place.code, "level": place.level, "parent": ids.text(version.parent_id) if version.parent_id else None,
                "digest": version.digest, "from": version.valid_from.isoformat(), "survey": ids.text(version.survey_id),
                "row": sealing.of_version(version, place),
            }  # fmt: skip
            commit("place.version", f"place:{ids.text(place.id)}", version.seq, body)
        for person in Person.objects.filter(seq=0):
            record.about_person("account", person.id, SYSTEM, did="made", kind=person.kind)
    return town

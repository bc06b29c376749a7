"""The tree of places, each version of it in time, the addresses on it and the map drawn under it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from linli.kernel.ids import new_id
from linli.kernel.places.levels import full_code


class Survey(models.Model):
    """One import: everything it changed holds from ``valid_from`` on. Versions begin and end only at
    surveys."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    made_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    by_person = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64)  # SHA-256 over the bytes of the files read, in the order given
    crs = models.CharField(max_length=8, default="wgs84")
    note = models.TextField(blank=True, default="")
    rows = models.IntegerField(default=0)


class Place(models.Model):
    """What stays the same while borders and names move. A code, once given, never names anything else."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    code = models.CharField(max_length=32, unique=True)
    level = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, blank=True, default="")  # urban | rural | ""

    @property
    def full_code(self) -> str:
        return full_code(self.code)


class PlaceVersion(models.Model):
    """A place as it was from ``valid_from`` until before ``valid_to`` (null: still so).

    ``path`` is the ids from the root to the place itself, a slash at both ends, so that "under" is
    ``startswith`` without a prefix trap. ``geometry`` is WKB in WGS-84. ``lon``/``lat`` is the point to
    label, inside the polygon.
    ``digest`` covers everything a file can say about the place; an import that repeats it changes nothing.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id)
    place = models.ForeignKey(Place, models.PROTECT, related_name="versions")
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="versions")
    seq = models.IntegerField(default=1)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True, default="")
    parent = models.ForeignKey(Place, models.PROTECT, null=True, related_name="child_versions")
    path = models.CharField(max_length=255, db_index=True)
    geometry = models.BinaryField(null=True)
    min_lon = models.FloatField(null=True)
    min_lat = models.FloatField(null=True)
    max_lon = models.FloatField(null=True)
    max_lat = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    households = models.IntegerField(null=True)
    people = models.IntegerField(null=True)
    digest = models.CharField(max_length=64)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place"], condition=Q(valid_to=None), name="one_current_version"),
            models.UniqueConstraint(fields=["place", "seq"], name="versions_in_order"),
        ]


class Building(models.Model):
    """What is known of a place of level building beside its versions."""

    place = models.OneToOneField(Place, models.PROTECT, primary_key=True, related_name="building")
    compound = models.ForeignKey(Place, models.PROTECT, null=True, related_name="buildings")
    # as said without the unit word: 3, 12, A
    number = models.CharField(max_length=16, blank=True, default="")
    storeys = models.IntegerField(null=True)
    entrances = models.IntegerField(null=True)
    seal = models.CharField(
        max_length=64, default=""
    )  # hash of all this: names the row an audit finds changed


class Address(models.Model):
    """One way of saying where a building, or one entrance of it, is: ``scope`` (compound or road) +
    ``number``.

    ``key`` is ``address.normalise`` of the whole text. Room numbers never stand here: they would name a
    household.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id)
    place = models.ForeignKey(Place, models.PROTECT, related_name="addresses")
    compound = models.ForeignKey(Place, models.PROTECT, null=True, related_name="compound_addresses")
    text = models.CharField(max_length=160)
    key = models.CharField(max_length=160, db_index=True)
    scope = models.CharField(max_length=120, blank=True, default="")
    number = models.CharField(max_length=16, blank=True, default="")
    entrance = models.CharField(max_length=16, blank=True, default="")
    alias = models.BooleanField(default=False)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    seal = models.CharField(max_length=64, default="")


class Feature(models.Model):
    """Map furniture: what is drawn under the places and belongs to nobody's grid."""

    id = models.BigIntegerField(primary_key=True, default=new_id)
    survey = models.ForeignKey(Survey, models.PROTECT, related_name="features")
    layer = models.CharField(max_length=12)  # road | water | park | rail | building
    kind = models.CharField(max_length=24, blank=True, default="")  # main, lane, river, …
    name = models.CharField(max_length=120, blank=True, default="")
    name_en = models.CharField(max_length=160, blank=True, default="")
    geometry = models.BinaryField()
    min_lon = models.FloatField()
    min_lat = models.FloatField()
    max_lon = models.FloatField()
    max_lat = models.FloatField()
    seal = models.CharField(max_length=64, default="")

    class Meta:
        indexes = [models.Index(fields=["layer"])]

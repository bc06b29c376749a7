"""Plays one story of a pack in the small town: real acts, a real store, every clock that falls due in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Min

from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.matters import acts, due
from linli.kernel.matters.asks import Inputs, Report, Reporter
from linli.kernel.matters.models import Asked, Clock, Matter, Step, Summons
from linli.kernel.matters.reads import by_link
from linli.kernel.packspec import stories
from linli.kernel.people import accounts, duty, posts
from linli.kernel.people import acts as people
from linli.kernel.people.actors import PUBLIC, SYSTEM, Actor, actor_of
from tests import town as towns

HOME = 501  # where stories happen


@dataclass
class Player:
    """One telling. ``said`` collects every expectation that did not come true, with the step it belongs to."""

    town: towns.Town
    story: stories.Story
    matter_id: int = 0
    token: str = ""
    said: list[str] = field(default_factory=list)

    def play(self) -> list[str]:
        told = self.story
        with moment.at(told.starts):
            self._open(told.report)
            self._judge("report", told.report.expect)
        for number, step in enumerate(told.steps, 1):
            self._pass_time(step.at, before=bool(step.act))
            with moment.at(step.at):
                self._step(f"step {number} ({step.act or 'time passes'})", step)
        return self.said

    def _open(self, report: stories.Report) -> None:
        known = report.by == "resident"
        by = PUBLIC if report.by in ("resident", "anonymous") else self._person(report.by, 1)
        lon, lat = towns.spot(HOME)
        receipt = acts.open_matter(by, Report(
            self.story.pack, report.kind, report.condition, lon=lon, lat=lat, words=report.words, photos=(towns.photo(),), found=report.found,
            reporter=Reporter("孙女士", "19900005678") if known else Reporter(), source="portal" if by is PUBLIC else "field",
        ))  # fmt: skip
        self.matter_id, self.token = receipt.matter_id, receipt.token

    def _pass_time(self, until: datetime, *, before: bool) -> None:
        """Let every clock speak at its own hour; ``before``: whoever acts at that very minute is quicker."""
        while (next_at := self._next()) is not None and (
            next_at < until or (next_at == until and not before)
        ):
            with moment.at(next_at):
                if not due.run_due():
                    raise AssertionError(f"{next_at}: something is due and nothing happens")

    def _next(self) -> datetime | None:
        fires = Clock.objects.aggregate(at=Min("next_at"))["at"]
        ends = Matter.objects.aggregate(at=Min("paused_until"))["at"]
        return min((at for at in (fires, ends) if at is not None), default=None)

    def _step(self, name: str, step: stories.Step) -> None:
        if step.act:
            before = self._whole()
            try:
                acts.take(self._actor(step), self.matter_id, step.act, self._inputs(step))
            except Refusal as refusal:
                if refusal.code != step.expect.refused:
                    self.said.append(f"{name}: refused with {refusal.code} ({refusal.sentence('en')})")
                elif self._whole() != before:
                    self.said.append(f"{name}: the refusal changed something")
            else:
                if step.expect.refused:
                    self.said.append(f"{name}: was not refused")
        self._judge(name, step.expect)

    def _whole(self) -> list[Any]:
        models = (Matter, Step, Clock, Summons, Asked)
        return [list(model.objects.order_by("pk").values_list()) for model in models]

    def _actor(self, step: stories.Step) -> Actor:
        if step.by == "reporter":
            return by_link(self.token)
        if step.by == "holder":
            return actor_of(Matter.objects.get(pk=self.matter_id).holder_id or 0)
        return self._person(step.by, step.number)

    def _person(self, role: str, number: int) -> Actor:
        """Whoever holds the role here, for a called unit first; ``number`` 2 and more are further holders, appointed for the story."""
        path, now = towns.path(HOME), moment.now()
        if (called := self._for_unit(role)) is not None:
            return actor_of(called)
        found = duty.holders(role, path, now)
        while len(found) < number:
            declared = posts.role(role)
            place = found[0].place_id if found else HOME
            assert declared is not None
            with moment.at(towns.BEGAN):
                login = f"{role}-{len(found)}".replace("_", "-")
                person = accounts.add_person(SYSTEM, login, f"{declared.text.zh}{len(found) + 1}")
                people.appoint(SYSTEM, person, role, place)
            found = duty.holders(role, path, now)
        return actor_of(found[number - 1].person_id)

    def _for_unit(self, role: str) -> int | None:
        """Somebody of that role at a unit that holds the matter or was called to it."""
        matter = Matter.objects.filter(pk=self.matter_id).first()
        if matter is None:
            return None
        open_ = (
            Summons.objects.filter(matter=matter)
            .order_by("acknowledged_at", "id")
            .values_list("unit_id", flat=True)
        )
        for unit in [matter.holder_unit_id, *open_]:
            holding = duty.unit_holder(unit) if unit is not None else None
            if holding is not None and holding.role == role:
                return holding.person_id
        return None

    def _inputs(self, step: stories.Step) -> Inputs:
        made: dict[str, Any] = {}
        shots = [name for name in ("photo", "photo_before", "photo_after") if step.give.get(name)]
        if shots:
            made["photos"] = tuple(towns.photo(name.partition("_")[2] or "other") for name in shots)
        for name, value in step.give.items():
            if name not in shots:
                key, read = _READ.get(name, (name, lambda player, given: given))
                made[key] = read(self, value)
        return Inputs(**made)

    def _unit(self, kind: str) -> int:
        found = duty.units(towns.path(HOME), kind)
        assert found, f"nobody serves {kind} here"
        return found[0].id

    def _judge(self, name: str, expect: stories.Expected) -> None:
        matter = Matter.objects.get(pk=self.matter_id)
        clocks = {row.key: row for row in Clock.objects.filter(matter=matter).order_by("id")}
        seen: list[tuple[str, Any, Any]] = [
            ("stage", expect.stage, matter.stage),
            ("holder", expect.holder, matter.holder_role),
            ("grade", expect.grade, matter.grade),
        ]
        if expect.ended is not None:
            seen.append(("ended", expect.ended, matter.ended_at is not None))
        if expect.paused is not None:
            seen.append(("paused", expect.paused, matter.paused_until is not None))
        for what, wanted, found in seen:
            if wanted != "" and wanted != found:
                self.said.append(f"{name}: {what} should be {wanted}, is {found}")
        for key, when in expect.due.items():
            if key not in clocks or clocks[key].due_at != when:
                found = clocks[key].due_at if key in clocks else None
                self.said.append(
                    f"{name}: {key} should be due {when:%m-%d %H:%M}, is {found and moment.local(found)}"
                )
        for word, fits in _CLOCK_IS.items():
            for key in getattr(expect, word):
                if key not in clocks or not fits(clocks[key]):
                    self.said.append(
                        f"{name}: {key} should be {word}, is {clocks[key].state if key in clocks else 'absent'}"
                    )


_READ: dict[str, tuple[str, Callable[[Player, Any], Any]]] = {
    "position": ("position", lambda player, given: towns.spot(HOME)),
    "spot": ("spot", lambda player, given: towns.spot(502)),
    "until": ("until", lambda player, given: towns.local(given)),
    "unit": ("units", lambda player, given: (player._unit(given),)),
    "units": ("units", lambda player, given: tuple(player._unit(kind) for kind in given)),
}
_CLOCK_IS: dict[str, Callable[[Clock], bool]] = {
    "kept": lambda row: row.state == "kept",
    "broken": lambda row: row.broken_at is not None,
    "warned": lambda row: row.warned,
    "running": lambda row: row.state == "running",
}

"""A folder in, a Pack out; or every reason why not, at once, each with its file and line. Reads the folder
and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from linli.kernel.packspec import sections
from linli.kernel.packspec.faults import Fault, PackRefused, Where, fault
from linli.kernel.packspec.files import PROFILES, digest, gather
from linli.kernel.packspec.kinds import read_kinds
from linli.kernel.packspec.merge import OWN, Merged, merge
from linli.kernel.packspec.profiles import Profile, read_profile
from linli.kernel.packspec.prove import prove
from linli.kernel.packspec.schema import Clock, Duplicates, Kind, Pack, PublicView, Stage, Text
from linli.kernel.packspec.tables import Notes, Table
from linli.kernel.packspec.words import Catalogue

HOME = Path(__file__).resolve().parents[2] / "packs"  # the packs that come with the program


@dataclass(frozen=True, slots=True)
class Loaded:
    """All packs of a folder: those that may run, and why the others may not."""

    packs: dict[str, Pack] = field(default_factory=dict)
    refused: dict[str, list[Fault]] = field(default_factory=dict)


def load_pack(folder: Path, libraries: Path | None = None) -> Pack:
    """The pack in ``folder``, with the libraries it uses from ``libraries`` (else from beside it). Raises
    PackRefused with every problem that reading finds; what the flow does is for ``prove``."""
    return load_files(gather(folder, libraries or folder.parent), folder.name)


def load_all(root: Path = HOME) -> Loaded:
    """Every pack under ``root``, read and proved. One that is faulty is refused and keeps no other from
    running."""
    loaded = Loaded()
    for folder in sorted(root.iterdir()):
        if not folder.is_dir() or folder.name == PROFILES or folder.name.startswith((".", "__")):
            continue
        try:
            pack = load_pack(folder, root)
        except PackRefused as refusal:
            loaded.refused[folder.name] = list(refusal.faults)
            continue
        if faults := prove(pack):
            loaded.refused[folder.name] = faults
        else:
            loaded.packs[pack.key] = pack
    return loaded


def load_files(files: Mapping[str, bytes], key: str) -> Pack:
    """The same from bytes by name, as an edition keeps them. Raises PackRefused."""
    merged = merge(files, key)
    if merged.faults:
        raise PackRefused(key, merged.faults)
    pack, faults = _Reader(files, merged).read()
    if faults:
        raise PackRefused(key, sorted(set(faults), key=lambda one: (one.file, one.line, one.code)))
    return pack


def known_keys(files: Mapping[str, bytes], key: str) -> dict[str, set[str]]:
    """Every key that a reading looks for, by the dotted name of its table: what the reference is made of."""
    reader = _Reader(files, merge(files, key))
    reader.read()
    return reader.notes.known


class _Reader:
    """Reads merged tables in the order in which they refer to each other."""

    def __init__(self, files: Mapping[str, bytes], merged: Merged) -> None:
        self.files, self.key, self.tree = files, merged.key, merged.tree
        self.merged = merged
        self.lines = dict(merged.lines)
        self.notes = Notes(Where(self.lines, f"{merged.key}/pack.toml"))
        self.faults: list[Fault] = []

    def read(self) -> tuple[Pack, list[Fault]]:
        top = Table(self.notes, "", self.tree)
        words = self._words()
        profile = self._profile(top)
        grades = sections.texts(self.notes, self.tree, "grades") or profile.grades
        groups = sections.texts(self.notes, self.tree, "groups")
        stages = sections.stages(self.notes, self.tree)
        sets = sections.sets(self.notes, self.tree, stages)
        teams = sections.teams(self.notes, self.tree)
        library = top.flag("library")
        flow = sections.Flow(
            self.notes, sets, teams, profile.limits, None if library else profile.key, self.merged.left_out
        )
        clocks, acts = flow.clocks(self.tree), flow.acts(self.tree)
        first = top.string("first")
        pack = Pack(
            key=self._own_key(top),
            name=top.need_text("name"),
            summary=top.maybe_text("summary") or Text("", ""),
            icon=top.string("icon", "dot"),
            uses=top.strings("uses"),
            library=library,
            profile=profile.key,
            form=sections.fields(self.notes, self.tree),
            kinds=self._kinds(grades, groups, words, library),
            groups=groups,
            stages=stages,
            first=first,
            first_found=top.string("first_found", first),
            acts=acts,
            clocks=clocks,
            ladders=sections.ladders(self.notes, self.tree),
            roles=sections.roles(self.notes, self.tree),
            calendars=sections.calendars(self.notes, self.tree),
            notices=sections.notices(self.notes, self.tree, clocks, self._gone(acts, clocks)),
            registers=sections.registers(self.notes, self.tree, teams),
            public=self._public(top),
            duplicates=self._duplicates(top),
            opened_by=tuple(dict.fromkeys(sections._expanded(top.strings("opened_by"), teams))),
            grades=grades,
            words=words,
            digest=digest(self.files),
            handling=self._handling(top, acts),
            sets=sets,
            note=profile.text,
            lines=self.lines,
        )
        self._rest(top, library, stages)
        return pack, [*self.faults, *self.notes.faults]

    def _own_key(self, top: Table) -> str:
        key = top.string("pack", self.key)
        if key != self.key:
            self.notes.say("wrong_folder", "pack", name=key, folder=self.key)
        return self.key

    def _words(self) -> dict[str, Text]:
        words: dict[str, Text] = {}
        for folder in self.merged.folders:
            catalogue = Catalogue(self.files, folder)
            words |= catalogue.texts
            self.faults += catalogue.faults
            self.lines |= {f"words.{key}": where for key, where in catalogue.lines.items()}
        return words

    def _profile(self, top: Table) -> Profile:
        name = top.string("profile")
        profile = read_profile(self.files, name) if name else Profile("")
        if profile is None:
            self.notes.say("no_profile", "profile", name=name)
            return Profile(name)
        self.faults += profile.faults
        self.lines |= profile.lines
        return profile

    def _kinds(
        self, grades: Mapping[str, Text], groups: Mapping[str, Text], words: Mapping[str, Text], library: bool
    ) -> dict[str, Kind]:
        name = f"{self.key}/kinds.csv"
        if name not in self.files:
            if not library:
                self.faults.append(fault("no_kinds", (name, 0)))
            return {}
        kinds, faults, lines = read_kinds(self.files[name], name, grades, groups, words)
        self.faults += faults
        self.lines |= lines
        return kinds

    def _gone(self, acts: Mapping[str, object], clocks: Mapping[str, Clock]) -> set[str]:
        """Notices that a library owes about something this pack does not have."""
        gone = set()
        for name in self.merged.inherited:
            section, _, on = name.partition(".")
            parts = on.split(":")
            known = {"act": acts, "clock": clocks}.get(parts[0], {})
            if section == "notices" and len(parts) > 1 and parts[1] != "*" and parts[1] not in known:
                gone.add(on)
        return gone

    def _public(self, top: Table) -> PublicView:
        table = Table(self.notes, "public", top.table("public"))
        view = PublicView(table.strings("shows"), table.string("where", "point", ("point", "area", "none")))  # type: ignore[arg-type]
        table.done()
        return view

    def _duplicates(self, top: Table) -> Duplicates:
        table = Table(self.notes, "duplicates", top.table("duplicates"))
        made = Duplicates(table.number("metres", 100) or 0, table.number("days", 7) or 0)
        table.done()
        return made

    def _handling(self, top: Table, acts: Mapping[str, object]) -> tuple[str, ...]:
        """Handlers' acts as named; a name that only a library says and the pack has left out is no fault."""
        said = dict.fromkeys(top.strings("handlers"))
        return tuple(key for key in said if key in acts or f"handlers.{key}" not in self.merged.inherited)

    def _rest(self, top: Table, library: bool, stages: Mapping[str, Stage]) -> None:
        for key in (*sections_named(), *OWN):
            top.raw(key)
        top.done()
        if not library and not stages:
            self.notes.say("missing_key", "", name=f"{self.key}/pack.toml", key="stages")
        if not library and "first" not in self.tree:
            self.notes.say("missing_key", "", name=f"{self.key}/pack.toml", key="first")


def sections_named() -> tuple[str, ...]:
    """The tables that a pack.toml may have."""
    from linli.kernel.packspec.merge import SECTIONS

    return SECTIONS

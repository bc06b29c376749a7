"""``linli people``: accounts, posts and rosters, by whoever operates the machine."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.db.models import Q

from linli.doors.cli import roster_file
from linli.kernel import moment
from linli.kernel.errors import Refusal
from linli.kernel.people import accounts, acts, calling_off, duty, posts, reads, second_factor
from linli.kernel.people.actors import SYSTEM
from linli.kernel.people.models import Assignment, Unit
from linli.kernel.places.tree import Node, tree
from linli.kernel.store import acting

Asked = argparse.Namespace


def run(args: Sequence[str]) -> int:
    """Run one of the commands; 0 done, 1 refused (``Refusal`` is left to the caller), 2 asked wrongly."""
    try:
        asked = _parser().parse_args(list(args))
    except SystemExit as ended:
        return int(ended.code or 0)
    command: Callable[[Asked], int] = asked.command
    return command(asked)


def _parser() -> argparse.ArgumentParser:
    about = "人员、岗位与值班表 / people, posts and rosters"
    parser = argparse.ArgumentParser(prog="linli people", description=about)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, about: str, does: Callable[[Asked], int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(command=does)
        return made

    add = command("add", "开账号并任职 / make an account and appoint", _add)
    add.add_argument("login")
    add.add_argument("--name", required=True)
    add.add_argument("--role", action="append", default=[], metavar="ROLE@PLACECODE")
    add.add_argument("--unit", default="", help="单位代码 / code of the organisation")
    add.add_argument("--phone", default="")
    add.add_argument("--email", default="")
    add.add_argument("--lang", choices=("zh", "en"), default="zh")
    add.add_argument(
        "--password-from-stdin",
        action="store_true",
        help="从标准输入读密码 / read the password from standard input",
    )
    for name, about, does in (
        ("appoint", "任职 / give a role", _appoint),
        ("end", "卸任 / end a role", _end),
        ("call-off", "取消定在以后的交接、卸任或任职 / call off what is settled for a later day", _call_off),
    ):
        one = command(name, about, does)
        one.add_argument("login")
        one.add_argument("role", metavar="ROLE@PLACECODE")
        one.add_argument("--unit", default="")
    over = command("hand-over", "全部岗位交接 / hand everything over", _hand_over)
    over.add_argument("login")
    over.add_argument("to", metavar="TO_LOGIN")
    unit = command("unit", "登记单位 / add an organisation", _unit)
    unit.add_argument("code")
    unit.add_argument("--name", required=True)
    unit.add_argument("--name-en", default="")
    unit.add_argument("--kind", required=True, help="heating, water, power, gas, property, …")
    unit.add_argument("--place", required=True, metavar="PLACECODE")
    unit.add_argument("--phone", default="")
    roster = command("roster", "导入值班表 / import rosters", _roster)
    roster.add_argument("what", choices=("import",))
    roster.add_argument("file", type=Path, metavar="CSV")
    shown = command("list", "在岗人员 / who holds what", _list)
    shown.add_argument("--place", default="", metavar="PLACECODE")
    shown.add_argument("--json", action="store_true")
    word = command("password", "重设密码，从标准输入读 / set a password read from standard input", _password)
    word.add_argument("login")
    factor = command("second-factor", "解绑验证器 / remove an authenticator", _second_factor)
    factor.add_argument("what", choices=("reset",))
    factor.add_argument("login")
    for name, about, does in (
        ("close", "停用账号 / close an account", _close),
        (
            "reopen",
            "重新启用账号，从标准输入读新密码 / reopen one, with a password read from standard input",
            _reopen,
        ),
        ("erase", "抹去个人信息 / erase everything personal", _erase),
    ):
        command(name, about, does).add_argument("login")
    return parser


def _place(code: str) -> Node:
    node = tree().by_code(code)
    if node is None:
        raise Refusal("people.unknown_place", written=code)
    return node


def _post(text: str) -> tuple[str, Node]:
    """``grid_worker@110101001001`` as a role and a place."""
    role, _, code = text.partition("@")
    return role, _place(code)


def _unit_id(code: str) -> int | None:
    if not code:
        return None
    found = Unit.objects.filter(code=code).values_list("id", flat=True).first()
    if found is None:
        raise Refusal("people.unknown_unit", kind="missing")
    return found


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _add(asked: Asked) -> int:
    held = [_post(text) for text in asked.role]
    unit_id = _unit_id(asked.unit)
    password = _line() if asked.password_from_stdin else None
    details = {"phone": asked.phone, "email": asked.email, "lang": asked.lang}
    with acting():
        person_id = accounts.add_person(SYSTEM, asked.login, asked.name, password=password, **details)
        for role, node in held:
            acts.appoint(SYSTEM, person_id, role, node.id, unit_id=unit_id)
    print(f"{asked.login}: 已开 made" + "".join(f", {role}@{node.code} {node.name}" for role, node in held))
    if password is None:
        print("还没有密码，不能登录 No password yet: linli people password LOGIN")
    return 0


def _appoint(asked: Asked) -> int:
    role, node = _post(asked.role)
    person = acts.person_named(asked.login)
    acts.appoint(SYSTEM, person.id, role, node.id, unit_id=_unit_id(asked.unit))
    print(f"{asked.login}: {role}@{node.code} {node.name}")
    return 0


def _end(asked: Asked) -> int:
    role, node = _post(asked.role)
    person = acts.person_named(asked.login)
    held = Assignment.objects.filter(person_id=person.id, role=role, place_id=node.id, until=None)
    which = held.filter(acts.for_unit(_unit_id(asked.unit))) if asked.unit else held
    one = which.values_list("id", flat=True).first()
    if one is None:
        declared = posts.role(role)
        raise Refusal("people.no_post", name=person.name, role=declared.text.zh if declared else role)
    acts.end_appointment(SYSTEM, one)
    print(f"{asked.login}: {role}@{node.code} 已卸任 ended")
    return 0


def _call_off(asked: Asked) -> int:
    role, node = _post(asked.role)
    person = acts.person_named(asked.login)
    ahead = Q(until__gt=moment.now()) | Q(since__gt=moment.now(), until=None)
    held = Assignment.objects.filter(ahead, person_id=person.id, role=role, place_id=node.id)
    which = held.filter(acts.for_unit(_unit_id(asked.unit))) if asked.unit else held
    one = which.order_by("id").values_list("id", flat=True).last()
    if one is None:
        raise Refusal("people.nothing_settled", kind="conflict")
    calling_off.call_off(SYSTEM, one)
    print(f"{asked.login}: {role}@{node.code} 照旧 stays as it is")
    return 0


def _hand_over(asked: Asked) -> int:
    old, new = acts.person_named(asked.login), acts.person_named(asked.to)
    made = acts.hand_over(SYSTEM, old.id, new.id)
    print(f"{asked.login} → {asked.to}: {len(made)}")
    return 0


def _unit(asked: Asked) -> int:
    node = _place(asked.place)
    acts.add_unit(SYSTEM, asked.code, asked.name, asked.name_en, asked.kind, node.id, asked.phone)
    print(f"{asked.code}: {asked.name}, {node.name}")
    return 0


def _roster(asked: Asked) -> int:
    plans, problems = roster_file.load(asked.file)
    problems = problems or roster_file.put(SYSTEM, plans)
    for problem in problems:
        print(f"{asked.file}:{problem}", file=sys.stderr)
    if problems:
        print("什么也没有导入 Nothing was imported.", file=sys.stderr)
        return 1
    turns = sum(len(plan.turns) for plan in plans.values())
    print(f"{len(plans)} 张值班表 rosters, {turns} 个班次 shifts")
    return 0


def _list(asked: Asked) -> int:
    people = reads.everybody(_place(asked.place).path if asked.place else "/")
    ground = tree()
    rows: list[dict[str, Any]] = []
    for one in people:
        unit = duty.unit(one.unit_id) if one.unit_id is not None else None
        node = ground.place(one.place_id)
        row = {
            "login": one.login,
            "name": one.name,
            "role": one.role,
            "place": node.code,
            "place_name": node.name,
        }
        rows.append(row | {"unit": unit.code if unit else "", "on_duty": duty.is_on_duty(one.person_id)})
    if asked.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        mark = "●" if row["on_duty"] else " "
        print(
            f"{mark} {row['login']:20} {row['role']:22} {row['place']:18} {row['unit']:12} {row['name']}，{row['place_name']}"
        )
    print(f"{len(rows)} 个岗位 posts")
    return 0


def _password(asked: Asked) -> int:
    accounts.reset_password(SYSTEM, acts.person_named(asked.login).id, _line())
    print(f"{asked.login}: 下次登录须自己改 must be changed at the next sign-in")
    return 0


def _second_factor(asked: Asked) -> int:
    second_factor.reset(SYSTEM, acts.person_named(asked.login).id)
    print(f"{asked.login}: 已解绑，下次登录重新绑定 removed; it is set up anew at the next sign-in")
    return 0


def _close(asked: Asked) -> int:
    accounts.close_account(SYSTEM, acts.person_named(asked.login).id)
    print(f"{asked.login}: 已停用 closed")
    return 0


def _reopen(asked: Asked) -> int:
    accounts.reopen_account(SYSTEM, acts.person_named(asked.login).id, _line())
    print(f"{asked.login}: 已重新启用 in use again")
    return 0


def _erase(asked: Asked) -> int:
    accounts.erase_person(SYSTEM, acts.person_named(asked.login).id)
    print(f"{asked.login}: 已抹去 erased")
    return 0

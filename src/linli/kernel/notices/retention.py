"""How long each class of personal data is kept, and what goes when its time is over: by itself, once an hour, with a proof.

The proof is a ledger entry for each class of which something went: how many, older than when, and the digest of their ids. It never says what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from linli.kernel import ids, moment, store
from linli.kernel.errors import Refusal
from linli.kernel.ledger import append
from linli.kernel.ledger.models import Entry
from linli.kernel.matters import again, calls, erasing, forgetting
from linli.kernel.matters.forgetting import digest_of, remove_files
from linli.kernel.matters.models import Evidence
from linli.kernel.notices import held, rights
from linli.kernel.packspec import editions
from linli.kernel.packspec.schema import Text
from linli.kernel.people import traces
from linli.kernel.people.actors import CLOCK

DAY = timedelta(days=1)
YEARS_3 = 3 * 365 * DAY
HALF_YEAR = 180 * DAY
YEAR = 365 * DAY
WEEK, MONTH = 7 * DAY, 30 * DAY


@dataclass(frozen=True, slots=True)
class Class:
    """One class of data. ``keep`` None: as long as something else says (the pack, the session itself). ``plain``: it stands unencrypted in
    the store, so its pages are rewritten afterwards (``scrub``)."""

    key: str
    text: Text
    purpose: Text
    keep: timedelta | None
    since: Text
    run: Callable[[], Iterable[object]]
    plain: bool = False


_END = Text("事项办结", "the matter's end")
_ENTRY = Text("写下", "it was written")


def _ago(keep: timedelta) -> datetime:
    return moment.now() - keep


def _wishes() -> list[int]:
    gone = rights.wished(CLOCK)
    return [number for found in gone.ids.values() for number in found]


def _strays() -> list[str]:
    """Picture files that no live picture in the store stands behind (an act that was refused, an erasure that was interrupted), a day old."""
    gone = []
    for path in _files():
        name = path.name.partition(".")[0]
        try:
            number, written = ids.parse(name), path.stat().st_mtime
        except (Refusal, FileNotFoundError):  # not ours; or its small copy went with it a moment ago
            continue
        old = datetime.fromtimestamp(written, moment.SHANGHAI) < _ago(DAY)
        known = (
            Evidence.objects.filter(pk=number).values_list("erased_at", flat=True).first() if old else None
        )
        if old and (known is not None or not Evidence.objects.filter(pk=number).exists()):
            remove_files([number])
            path.unlink(missing_ok=True)
            gone.append(path.name)
    return gone


def _files() -> Iterator[Path]:
    root = Path(settings.MEDIA_ROOT)
    yield from sorted(root.glob("??/*.jpg"))
    yield from sorted(root.glob("??/*.part"))


CLASSES = (
    Class(
        "wishes", Text("按本人意愿", "What somebody asked to go at the end"), Text("本人要求办结后删除", "its owner asked so"),
        timedelta(0), _END, _wishes, True,
    ),
    Class(
        "contacts", Text("姓名、电话、门牌", "Name, number, room"), Text("联系和回访", "to be called back"), None, _END,
        erasing.due_contacts,
    ),
    Class(
        "words", Text("原话、照片、详细地址和位置", "Words, pictures, address and spot"),
        Text("办事、复查和申诉", "to handle the matter, and to look into it again"), YEARS_3, _END, forgetting.due_words, True,
    ),
    Class(
        "calls", Text("来电号码和听写草稿", "Callers' numbers and half-written reports"), Text("网络日志留存", "log-keeping duty"),
        calls.KEPT_FOR, Text("来电", "the call"), calls.forget,
    ),
    Class(
        "keys", Text("防重复的答复", "Answers kept for repeated requests"), Text("断网重发不办两次", "nothing is done twice"),
        again.KEPT_FOR, _ENTRY, again.forget,
    ),
    Class(
        "notices", Text("通知的文字", "The words of notices"), Text("收件箱和补送", "inbox and redelivery"), YEAR, _ENTRY,
        lambda: held.old_words(_ago(YEAR)),
    ),
    Class(
        "outbox", Text("待发短信文件", "Text messages waiting in files"), Text("交给短信网关", "for the SMS gateway to take"),
        WEEK, _ENTRY, lambda: held.old_outbox(WEEK),
    ),
    Class(
        "sessions", Text("登录会话", "Signed-in browsers"), Text("保持登录", "to stay signed in"), None, Text("到期", "their end"),
        lambda: traces.old_sessions(moment.now()),
    ),
    Class(
        "sign-ins", Text("登录失败记录和网址", "Failed sign-ins and their addresses"), Text("防猜密码", "against guessing"), MONTH,
        _ENTRY, lambda: traces.old_attempts(_ago(MONTH)), True,
    ),
    Class(
        "looks", Text("查看记录的理由", "The reasons of looks"), Text("谁看过可以查", "who looked can be asked"), YEARS_3, _ENTRY,
        lambda: traces.old_looks(_ago(YEARS_3)), True,
    ),
    Class(
        "strays", Text("没有归属的照片文件", "Picture files that belong to nothing"), Text("无", "none"), DAY, _ENTRY, _strays,
    ),
)  # fmt: skip


def run_once() -> int:
    """Let go of everything whose time is over. Answers how many pieces went. A class that fails stops no other and is tried again in an hour;
    the error is raised when all have had their turn, so that the health page shows it."""
    total, failed = 0, []
    for one in CLASSES:
        try:
            total += run_class(one)
        except Exception as error:
            failed.append(error)
    held.blank_outbox()
    if failed:
        raise failed[0]
    return total


def run_class(one: Class) -> int:
    """One class: what goes and the entry that says so, in one transaction (wishes write their own entries, one for each person)."""
    if one.key in ("wishes", "strays", "outbox"):
        found = [str(each) for each in one.run()]
        if found:
            with store.acting():
                _enter(one, found)
        return len(found)
    with store.acting():
        found = [str(each) for each in one.run()]
        if found:
            _enter(one, found)
    return len(found)


def _enter(one: Class, found: list[str]) -> None:
    subject = f"retention:{one.key}"
    body = {
        "class": one.key, "count": len(found), "ids": digest_of(found),
        "before": None if one.keep is None else int(_ago(one.keep).timestamp()), "plain": one.plain,
    }  # fmt: skip
    append.commit("privacy.retention", subject, append.next_seq(subject), body)


@dataclass(frozen=True, slots=True)
class Line:
    """One class as the report shows it. ``days`` None: as long as the thing itself (a session)."""

    key: str
    text: Text
    purpose: Text
    days: int | None
    since: Text
    last_at: datetime | None
    last_count: int


def report() -> tuple[Line, ...]:
    """Classes, purposes, periods (those of contacts as each pack declares them), and what went when last."""
    lines = []
    for one in CLASSES:
        last = _last(one.key)
        if one.key == "contacts":
            lines += [
                Line(
                    one.key, Text(f"{one.text.zh}（{pack.name.zh}）", f"{one.text.en} ({pack.name.en})"), one.purpose,
                    erasing.keep_for(pack).days, one.since, *last,
                )
                for pack in editions.all_current().values()
            ]  # fmt: skip
            continue
        days = None if one.keep is None else one.keep.days
        lines.append(Line(one.key, one.text, one.purpose, days, one.since, *last))
    return tuple(lines)


def _last(key: str) -> tuple[datetime | None, int]:
    import json

    row = Entry.objects.filter(subject=f"retention:{key}").order_by("-seq").first()
    return (None, 0) if row is None else (row.at, int(json.loads(row.body)["count"]))

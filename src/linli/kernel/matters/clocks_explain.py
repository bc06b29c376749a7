"""Why was it due then? The answer for any clock and any past moment, sentence by sentence. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from linli.kernel.matters.calendars import Calendar, Skipped
from linli.kernel.matters.clocks import as_of, due_at, used_at
from linli.kernel.matters.clocks_running import Event, Running, warn_at
from linli.kernel.moment import local
from linli.kernel.packspec.schema import Limit, Span, Text

_WEEK_ZH = "一二三四五六日"
_WEEK_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = {
    "s": Text("秒", "s"), "m": Text("分钟", "min"), "h": Text("小时", "h"), "d": Text("天", "d"),
    "wh": Text("个工作小时", "working hours"), "wd": Text("个工作日", "working days"),
}  # fmt: skip


def explain(
    clock: Running,
    at: datetime,
    events: Sequence[Event] | None = None,
    calendars: Mapping[str, Calendar] | None = None,
) -> list[Text]:
    """The whole account as it stood at ``at``: which rule gave the limit, on which calendar it was counted
    and which days that skipped, what changed it, when it was due, and why it had or had not fired.
    ``events`` defaults to the clock's own.
    """
    past = as_of(clock if events is None else _with(clock, events), at, calendars)
    if past is None:
        return [Text(f"{_zh(at)} 时这个时限还没有开始。", f"At {_en(at)} this clock had not started.")]
    return [*_promise(past), *_calendar(past, at), *map(_happening, past.events[1:]), *_standing(past, at)]


def _with(clock: Running, events: Sequence[Event]) -> Running:
    from dataclasses import replace

    return replace(clock, events=tuple(events))


def _promise(clock: Running) -> Iterator[Text]:
    first = clock.events[0].limit or clock.limit
    limit = limit_text(first)
    rule = clock.rule or "—"
    yield Text(
        f"{_zh(clock.started_at)} 开始，时限 {limit.zh}；依据：{rule}。",
        f"Started {_en(clock.started_at)} with a limit of {limit.en}; rule: {rule}.",
    )


def _calendar(clock: Running, at: datetime) -> Iterator[Text]:
    counts = clock.counts
    if counts.round_the_clock:
        yield Text("按自然时间计算，昼夜不停。", "Counted in natural time, day and night.")
        return
    hours = hours_text(counts)
    yield Text(
        f"按日历“{counts.key}”计算：{hours.zh}。", f"Counted on the calendar “{counts.key}”: {hours.en}."
    )
    until = due_at(clock) or clock.ended_at or at
    if text := skipped_text(counts.skipped(clock.started_at, max(until, clock.started_at))):
        yield text


def hours_text(calendar: Calendar) -> Text:
    """The week of a calendar: days with the same hours said together."""
    groups: dict[tuple[Span, ...], list[int]] = {}
    for day in range(7):
        if spans := calendar.spec.week.get(day):
            groups.setdefault(tuple(spans), []).append(day)
    zh = "；".join(f"周{_days(days, _WEEK_ZH)} {_spans(spans, '、')}" for spans, days in groups.items())
    en = "; ".join(f"{_days(days, _WEEK_EN)} {_spans(spans, ', ')}" for spans, days in groups.items())
    if calendar.spec.holidays:
        return Text(
            f"{zh}，法定节假日除外，调休上班日照常", f"{en}, except public holidays; make-up workdays count"
        )
    return Text(zh, en)


def _days(days: list[int], names: Sequence[str]) -> str:
    if len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        return (
            f"{names[days[0]]}至周{names[days[-1]]}"
            if len(names[0]) == 1
            else f"{names[days[0]]}–{names[days[-1]]}"
        )
    return ("、" if len(names[0]) == 1 else ", ").join(names[day] for day in days)


def _spans(spans: Iterable[Span], comma: str) -> str:
    return comma.join(f"{s.start // 60:02}:{s.start % 60:02}–{s.end // 60:02}:{s.end % 60:02}" for s in spans)


def skipped_text(skipped: Iterable[Skipped]) -> Text | None:
    """The days that did not count, and the weekend days that did."""
    days = list(skipped)
    if not days:
        return None
    zh: list[str] = []
    en: list[str] = []
    for run in _runs([one for one in days if one.kind == "holiday"]):
        name = run[0].name or Text("节假日", "holiday")
        zh.append(f"{name.zh} {_span_of(run)}")
        en.append(f"{name.en} {_span_of(run)}")
    if rest := sum(one.kind == "rest" for one in days):
        zh.append(f"非工作日 {rest} 天")
        en.append(f"{rest} days off")
    made_up = [one for one in days if one.kind == "make_up"]
    worked = "、".join(_day(one.day) for one in made_up)
    tail = Text(f"；调休上班：{worked}", f"; worked instead: {worked}") if made_up else Text("", "")
    return Text(
        f"不计入：{'、'.join(zh) or '无'}{tail.zh}。", f"Not counted: {', '.join(en) or 'none'}{tail.en}."
    )


def _runs(days: list[Skipped]) -> Iterator[list[Skipped]]:
    run: list[Skipped] = []
    for one in days:
        if (run and (one.day - run[-1].day).days > 1) or (run and one.name != run[-1].name):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _span_of(run: list[Skipped]) -> str:
    first, last = run[0].day, run[-1].day
    return _day(first) if first == last else f"{_day(first)}—{_day(last)}"


def _happening(event: Event) -> Text:
    zh, en = _zh(event.at), _en(event.at)
    late = event.due is not None and event.due != event.at
    back = (
        Text(
            f"（应为 {_zh(event.since)}，系统恢复后补记）", f" (fell due {_en(event.since)}, recorded later)"
        )
        if late
        else Text("", "")
    )
    if event.what == "rung":
        return Text(
            f"{zh} 升级第 {event.rung} 级：{event.role}{back.zh}。",
            f"{en} rung {event.rung} of the ladder: {event.role}{back.en}.",
        )
    if event.what == "warned" and event.late:
        return Text(
            f"{zh} 提醒已被超时盖过，未发出{back.zh}。",
            f"{en} the warning was overtaken by the breach and not sent{back.en}.",
        )
    if event.what == "extended":
        time = duration_text(event.seconds)
        return Text(f"{zh} 批准延长 {time.zh}。", f"{en} extended by {time.en}.")
    if event.what == "relimited" and event.limit:
        limit = limit_text(event.limit)
        return Text(
            f"{zh} 时限改为 {limit.zh}（{event.limit.source or '改级'}），已用时间保留。",
            f"{en} limit changed to {limit.en} ({event.limit.source or 'regraded'}); the time used was kept.",
        )
    said = _SAID[event.what]
    return Text(f"{zh} {said.zh}{back.zh}。", f"{en} {said.en}{back.en}.")


_SAID = {
    "started": Text("开始", "started"),
    "warned": Text("提醒", "warned"),
    "breached": Text("超时", "broken"),
    "paused": Text("暂停，停止计时", "paused; the clock stood still"),
    "resumed": Text("恢复计时，已用时间保留", "went on; the time used was kept"),
    "recalendared": Text(
        "改用另一日历，已用时间保留", "counted on another calendar from here; the time used was kept"
    ),
    "met": Text("办到，停止计时", "met; the clock ended"),
    "dropped": Text("不再需要，停止计时", "no longer owed; the clock ended"),
    "reopened": Text("重新计时，已用时间保留", "went on again; the time used was kept"),
    "copied": Text("随拆分带到本事项，已用时间保留", "came with a split; the time used was kept"),
    "merged": Text("合并后以较早的承诺为准", "after a merge the older promise counts"),
}


def _standing(clock: Running, at: datetime) -> Iterator[Text]:
    """How it stood, when it was due and why it had or had not fired."""
    used, total = duration_text(used_at(clock, at)), duration_text(clock.total)
    zh, en = _zh(at), _en(at)
    yield Text(f"截至 {zh} 已用 {used.zh}，共 {total.zh}。", f"By {en} it had used {used.en} of {total.en}.")
    if clock.broken_at is not None:
        yield Text(
            f"时间用完于 {_zh(clock.broken_at)}，因此超时。",
            f"Its time was used up at {_en(clock.broken_at)}, so it broke.",
        )
    elif clock.state == "kept":
        yield Text("在用完之前办到，因此守约。", "It was met before its time was used up, so it was kept.")
    elif clock.state == "stopped":
        yield Text(
            "它在到期前已不再需要，因此不会触发。",
            "It was no longer owed before it fell due, so it does not fire.",
        )
    elif clock.state == "paused":
        yield Text("它在暂停中，因此不会触发。", "It was paused, so it could not fire.")
    elif (due := due_at(clock)) is not None:
        yield from _ahead(clock, due, at)


def _ahead(clock: Running, due: datetime, at: datetime) -> Iterator[Text]:
    if due <= at:
        yield Text(
            f"到期 {_zh(due)}，已过期但程序尚未记录。",
            f"It was due {_en(due)}; that has passed but was not yet recorded by the program.",
        )
        return
    yield Text(
        f"到期 {_zh(due)}，还没有到，因此没有触发。",
        f"It was due {_en(due)}, which had not come, so it had not fired.",
    )
    warn = warn_at(clock)
    if warn is not None:
        yield Text(f"将在 {_zh(warn)} 提醒。", f"Its holder is warned at {_en(warn)}.")


def limit_text(limit: Limit) -> Text:
    """``10m`` in words; a long count of seconds (a given moment) in larger units."""
    if limit.unit == "s":
        return duration_text(limit.amount)
    unit = _UNITS[limit.unit]
    return Text(f"{limit.amount} {unit.zh}", f"{limit.amount} {unit.en}")


def duration_text(seconds: int) -> Text:
    """A count of seconds in hours, minutes and seconds; hours run on past 24 because a working day is not a
    day.
    """
    parts = [(seconds // 3600, _UNITS["h"]), (seconds % 3600 // 60, _UNITS["m"]), (seconds % 60, _UNITS["s"])]
    shown = [(amount, unit) for amount, unit in parts if amount] or [(0, _UNITS["s"])]
    return Text(
        " ".join(f"{n} {unit.zh}" for n, unit in shown), " ".join(f"{n} {unit.en}" for n, unit in shown)
    )


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _zh(at: datetime) -> str:
    return f"{local(at):%Y-%m-%d %H:%M:%S}"


_en = _zh

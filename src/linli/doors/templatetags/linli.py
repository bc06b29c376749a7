"""The template tags of every door: words, icons, hours, clocks, stages, scripts. Loaded in every template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.template.context import Context, RequestContext
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from linli.doors import glyphs, spoken
from linli.doors.bundle import parts_of
from linli.doors.clock_face import Face, face_of
from linli.doors.words import branch, say
from linli.kernel import moment

register = template.Library()


def _lang(context: Context) -> str:
    return str(context.get("lang", "zh"))


@register.simple_tag(takes_context=True)
def t(context: RequestContext, key: str, **facts: Any) -> SafeString:
    """A sentence by its key, facts escaped, line breaks kept. ``{% t "portal.home.title" n=3 %}``."""
    return mark_safe(conditional_escape(say(_lang(context), key, **facts)).replace("\n", "<br>"))


@register.filter
def text2(words: Any, lang: str) -> str:
    """The half of a two-language text that the reader reads: ``{{ kind.title|text2:lang }}``."""
    return _half(words, lang)


@register.simple_tag(takes_context=True, name="text2")
def text2_tag(context: RequestContext, words: Any) -> str:
    """``{% text2 kind.title %}``."""
    return _half(words, _lang(context))


def _half(words: Any, lang: str) -> str:
    if words is None or isinstance(words, str):
        return words or ""
    zh, en = (words.get("zh"), words.get("en")) if isinstance(words, Mapping) else (words.zh, words.en)
    return str((en or zh) if lang == "en" else (zh or en) or "")


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """A line icon, drawn inline. Silent to screen readers unless it carries a ``label``."""
    return glyphs.icon(name, css, label)


@register.simple_tag
def glyph(state: str) -> SafeString:
    """The silhouette of a clock's state: ● plenty ▲ soon ◆ breach ■ pause ✓ kept."""
    return glyphs.silhouette(state)


@register.simple_tag
def silhouette(state: str) -> SafeString:
    """The same as a part of a drawing, on a ground of 16 × 16; its colour is the drawing's."""
    return mark_safe(glyphs.SILHOUETTES.get(state, glyphs.SILHOUETTES["plenty"]))


@register.simple_tag(takes_context=True)
def ball(context: RequestContext, stage: int, label: bool = False) -> SafeString:
    """The ball that fills, 0 reported … 4 closed. Needs its word beside it, or ``label=True``."""
    stage = max(0, min(4, int(stage)))
    return glyphs.ball(stage, say(_lang(context), f"stage.{stage}") if label else "")


@register.simple_tag
def avatar(name: Any, css: str = "") -> SafeString:
    """A person as the first letter of their name. Silent: the name stands beside it."""
    first = (str(name or "").strip() or "·")[0]
    return format_html('<span class="avatar {}" aria-hidden="true">{}</span>', css, first)


@register.simple_tag(takes_context=True)
def when(context: RequestContext, moment_: datetime | None, seconds: bool = False) -> SafeString:
    """An hour as the reader says it, inside ``<time>``."""
    if moment_ is None:
        return mark_safe("")
    lang = _lang(context)
    words = spoken.hour(moment_, context.get("now") or moment.now(), lang, seconds)
    full = moment.local(moment_).strftime("%Y-%m-%d %H:%M:%S")
    return format_html('<time datetime="{}" title="{}">{}</time>', moment_.isoformat(), full, words)


@register.filter
def hour(moment_: datetime | None, lang: str) -> str:
    """The same hour as bare text, for attributes and inside sentences."""
    return spoken.hour(moment_, moment.now(), lang) if moment_ else ""


@register.simple_tag(takes_context=True)
def span(context: RequestContext, seconds: float | None, form: str = "figure") -> str:
    """A length of time: ``figure`` 01:58 / 2 时 51 分, or ``words`` 9 分 17 秒."""
    if seconds is None:
        return ""
    return (spoken.spoken if form == "words" else spoken.figure)(seconds, _lang(context))


@register.inclusion_tag("parts/clock.html", takes_context=True)
def clock(context: RequestContext, clock: Any, shape: str = "chip", note: Any = "") -> dict[str, Any]:
    """A running clock in one of five shapes: ``chip pill row card hero``. The island counts it down."""
    lang = _lang(context)
    face: Face | None = face_of(clock, lang, context.get("now") or moment.now()) if clock else None
    return {"c": face, "shape": shape, "note": note, "lang": lang, "now": context.get("now")}


@register.simple_tag
def asset(entry: str) -> SafeString:
    """The styles and scripts of one entry of ``web/src/entries``, by their hashed names."""
    parts = parts_of(entry)
    lines = [format_html('<link rel="stylesheet" href="{}">', static(path)) for path in parts.styles]
    lines += [format_html('<link rel="modulepreload" href="{}">', static(path)) for path in parts.imports]
    lines += [format_html('<script type="module" src="{}"></script>', static(path)) for path in parts.scripts]
    return mark_safe("\n".join(lines))


@register.simple_tag
def htmx_script() -> SafeString:
    """htmx from the wheel that carries it, served by us."""
    return format_html('<script defer src="{}"></script>', static("django_htmx/htmx-2.min.js"))


@register.simple_tag
def mark_url() -> str:
    """The house mark, for the browser's tab."""
    return static("mark.svg")


@register.simple_tag(takes_context=True)
def stage_row(context: RequestContext, stage: int, hours: Any = None) -> list[dict[str, Any]]:
    """The five stages for parts/stages.html: done, now and to come, with the hours they were reached."""
    lang, reached = _lang(context), list(hours or ())
    return [
        {
            "number": n,
            "word": say(lang, f"stage.{n}"),
            "now": n == int(stage),
            "next": n > int(stage),
            "at": reached[n] if n < len(reached) and n <= int(stage) else None,
        }
        for n in range(5)
    ]


@register.simple_tag(takes_context=True)
def island_words(context: RequestContext, door: str = "") -> SafeString:
    """The words scripts say (``[js]`` of the common words and of one door), as a data block: ``say("…")`` in words.ts."""
    lang = _lang(context)
    words = branch(lang, "js") | (branch(lang, f"{door}.js") if door else {})
    return data_block("words", words)


@register.simple_tag
def data_block(name: str, value: Any) -> SafeString:
    """Any JSON-able value for a script to read by id. A data block, so the content policy lets it stand."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    for sign in "<>&":
        body = body.replace(sign, f"\\u{ord(sign):04x}")
    return format_html('<script type="application/json" id="{}">{}</script>', name, mark_safe(body))


@register.filter
def percent(part: float | None, whole: float | None) -> int:
    """``{{ left|percent:total }}``: 0 to 100, for the length of a bar."""
    return max(0, min(100, round(100 * (part or 0) / whole))) if whole else 0


@register.filter
def wordlist(words: str) -> list[str]:
    """``{% for s in "plenty soon"|wordlist %}``."""
    return words.split()


@register.filter(name="face")
def face_filter(clock: Any, lang: str) -> Face | None:
    """The face of a clock, for a page that draws its own: ``{{ c|face:lang }}`` has state word figure left_percent."""
    return face_of(clock, lang, moment.now()) if clock else None

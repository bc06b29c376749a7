"""The drawn signs: icons from one sprite file, the five silhouettes of a clock, the ball that fills."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.etree import ElementTree

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SPRITE = Path(__file__).resolve().parent / "templates" / "parts" / "icons.svg"
_SVG = "{http://www.w3.org/2000/svg}"

SILHOUETTES = {
    "plenty": '<circle cx="8" cy="8" r="6.8"/>',
    "soon": '<path d="M8 1.2c.5 0 1 .3 1.3.8l6 10.6c.6 1.1-.1 2.2-1.3 2.2H2c-1.2 0-1.9-1.1-1.3-2.2L6.7 2c.3-.5.8-.8'
    ' 1.3-.8z"/>',
    "breach": '<path d="M8 .4 15.6 8 8 15.6.4 8z"/>',
    "pause": '<path fill-rule="evenodd" d="M3 1.5h10c.8 0 1.5.7 1.5 1.5v10c0 .8-.7 1.5-1.5 1.5H3c-.8 0-1.5-.7-1.5-1.5V3'
    'c0-.8.7-1.5 1.5-1.5zM5 4.5v7h2v-7zm4 0v7h2v-7z"/>',
    "kept": '<path d="M6.3 13.4 1 8.2l1.9-1.9 3.4 3.3 6.9-6.9 1.9 1.9z"/>',
}
_STAGES = ("reported", "arrived", "handling", "callback", "closed")
_FILLINGS = (
    "",
    '<path d="M10 10V4a6 6 0 0 1 6 6z"/>',
    '<path d="M10 4a6 6 0 0 1 0 12z"/>',
    '<path d="M10 10H4a6 6 0 1 0 6-6z"/>',
)


@cache
def icons() -> dict[str, str]:
    """The inner drawing of each icon of the sprite, by name."""
    root = ElementTree.parse(SPRITE).getroot()
    drawn = {}
    for symbol in root.iter(f"{_SVG}symbol"):
        parts = (ElementTree.tostring(child, encoding="unicode").strip() for child in symbol)
        drawn[symbol.attrib["id"]] = (
            "".join(parts).replace(' xmlns:ns0="http://www.w3.org/2000/svg"', "").replace("ns0:", "")
        )
    return drawn


def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """One line icon. An unknown name raises KeyError: a page without its icon is a mistake to be seen early."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="i {}" viewBox="0 0 24 24" {}>{}</svg>', css, role, mark_safe(icons()[name])
    )


def silhouette(state: str) -> SafeString:
    """The sign of a clock's state; unknown states are drawn as plenty."""
    state = state if state in SILHOUETTES else "plenty"
    return format_html(
        '<svg class="glyph {}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>',
        state,
        mark_safe(SILHOUETTES[state]),
    )


def ball(stage: int, label: str = "") -> SafeString:
    """The stage ball, 0 to 4."""
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    if stage == 4:
        inner = mark_safe(
            '<circle class="full" cx="10" cy="10" r="8.8"/><path class="tick" d="m6.2 10.3 2.7 2.7 5-5.3"/>'
        )
    else:
        inner = mark_safe(f'<circle class="rim" cx="10" cy="10" r="8"/>{_FILLINGS[stage]}')
    return format_html('<svg class="ball {}" viewBox="0 0 20 20" {}>{}</svg>', _STAGES[stage], role, inner)

"""The copy of one's data: pages to read, tables for a spreadsheet, one file for programs, and the pictures."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

from linli.doors.my_data import lines
from linli.kernel import ids, moment
from linli.kernel.matters import photos
from linli.kernel.notices.rights import Held


def response(found: Held, lang: str) -> HttpResponse:
    """The copy as a download that no cache keeps."""
    answer = HttpResponse(packed(found, lang), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="linli-{moment.local(moment.now()):%Y%m%d}.zip"'
    answer["Cache-Control"] = "no-store"
    return answer


def packed(found: Held, lang: str) -> bytes:
    """``index.html``, ``data.json``, tables and ``photos/``."""
    out = io.BytesIO()
    facts = lines.facts_of(found, lang) | {"lang": lang, "now": moment.now()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("index.html", render_to_string("my_data/copy.html", facts))
        bundle.writestr("data.json", json.dumps(plain(found), ensure_ascii=False, indent=1))
        said = [(m.number, *line) for m, told in facts["matters"] for line in told]
        bundle.writestr("words.csv", _table(("number", "at", "field", "words"), said))
        told = [(line.at, line.channel, line.state, line.words) for line in found.notices]
        bundle.writestr("notices.csv", _table(("at", "channel", "state", "words"), told))
        looks = [(line.at, line.name, line.roles, line.what, line.why) for line in facts["looks"]]
        bundle.writestr("looks.csv", _table(("at", "who", "as", "what", "why"), looks))
        for matter in found.matters:
            for number in matter.photos:
                path = photos.path_of(number)
                if path.is_file():
                    bundle.writestr(f"photos/{ids.text(number)}.jpg", path.read_bytes(), zipfile.ZIP_STORED)
    return out.getvalue()


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV that a spreadsheet opens in the right letters, and in which nothing is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(each) for each in row])
    return "\ufeff" + out.getvalue()


def _cell(value: object) -> str:
    text = moment.local(value).isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") else text


def plain(value: Any) -> Any:
    """The same as numbers, texts, lists and tables. Ids as their 13 letters, moments as ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _field(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)
        }
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _field(name: str, value: Any) -> Any:
    """Ids are known by the names of their fields."""
    if name == "id" or name.endswith("_id"):
        return None if value is None else ids.text(value)
    if name in ("contact_ids", "photos"):
        return [ids.text(each) for each in value]
    return plain(value)

"""A picture whose writing was cut short stays no longer than a day."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.conf import settings

from linli.kernel import disk, ids
from linli.kernel.matters import photos
from linli.kernel.notices import retention


@pytest.mark.django_db
def test_a_picture_half_written_is_gone_a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    path = photos.path_of(ids.new_id(), thumb=True)
    path.parent.mkdir(parents=True, exist_ok=True)

    def no_room(draft: Path, final: Path) -> None:
        raise OSError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(os, "replace", no_room)
        with pytest.raises(OSError, match="no room"):
            disk.write(path, b"half a picture")
    (draft,) = Path(settings.MEDIA_ROOT).glob(f"??/{path.name}*")
    assert draft.name not in retention._strays(), "it may still be being written"
    long_ago = time.time() - 2 * 86400
    os.utime(draft, (long_ago, long_ago))
    assert draft.name in retention._strays()
    assert not draft.exists()

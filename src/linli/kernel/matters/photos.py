"""Photographs: taken in, freed of what they tell besides the picture, and put on the disk before the act that cites them commits."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps, UnidentifiedImageError

from linli.kernel import disk, ids
from linli.kernel.errors import Refusal
from linli.kernel.ledger.canon import commitment
from linli.kernel.matters.asks import Photo
from linli.kernel.matters.models import Evidence

LONGEST_SIDE = 1920
THUMB_SIDE = 360
LARGEST_UPLOAD = 12 * 1024 * 1024
Image.MAX_IMAGE_PIXELS = 80_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo ready to be cited: already on the disk, its name fixed, its row made."""

    row: Evidence
    committed: str


def _upright(photo: Photo) -> Image.Image:
    if len(photo.data) > LARGEST_UPLOAD:
        raise Refusal("photo.too_large", field="photos", megabytes=LARGEST_UPLOAD // 1024 // 1024)
    try:
        image = Image.open(io.BytesIO(photo.data))
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refusal("photo.unreadable", field="photos") from error


def _jpeg(image: Image.Image, side: int, quality: int) -> bytes:
    """A fresh JPEG: no EXIF, no position, no maker's notes survive."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def path_of(evidence_id: int, thumb: bool = False) -> Path:
    name = ids.text(evidence_id)
    return Path(settings.MEDIA_ROOT) / name[-2:] / f"{name}{'.thumb' if thumb else ''}.jpg"


def _put(path: Path, data: bytes) -> None:
    """On the disk, whole, before anybody cites it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write(path, data)


def remove(path: Path) -> None:
    """Overwrite a picture and unlink it. What a disk keeps of blocks no file has any more is beyond a program."""
    try:
        with open(path, "r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


def prepare(photos: tuple[Photo, ...], at_most: int = 6) -> list[Prepared]:
    """Clean, shrink and store uploads. A file whose act is then refused is an orphan that retention removes; it is never an act without
    its file. Raises Refusal ``photo.*``."""
    if len(photos) > at_most:
        raise Refusal("photo.too_many", field="photos", most=at_most)
    ready = []
    for photo in photos:
        image = _upright(photo)
        data, number, salt = _jpeg(image, LONGEST_SIDE, 85), ids.new_id(), secrets.token_bytes(16)
        _put(path_of(number), data)
        _put(path_of(number, thumb=True), _jpeg(image, THUMB_SIDE, 78))
        digest = hashlib.sha256(data).hexdigest()
        scale = min(1.0, LONGEST_SIDE / max(image.size))
        row = Evidence(
            id=number, kind=photo.kind, digest=digest, salt=salt, width=round(image.width * scale), height=round(image.height * scale),
            size=len(data),
        )  # fmt: skip
        ready.append(Prepared(row, commitment(salt, digest)))
    return ready

"""Photographs of the sample town: small drawn scenes, since nobody's real picture belongs here."""

from __future__ import annotations

import io
from functools import cache
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)
_GROUND = {
    "water": ((148, 142, 130), (112, 106, 96)), "road": ((150, 156, 150), (96, 98, 96)), "light": ((64, 70, 92), (40, 44, 58)),
    "rubbish": ((168, 170, 150), (120, 118, 100)), "door": ((176, 168, 152), (130, 118, 100)), "tree": ((176, 196, 190), (112, 130, 96)),
}  # fmt: skip
SCENES = tuple(_GROUND)


def scene_for(kind: str) -> str:
    """Which scene a kind of matter is drawn as."""
    words = {
        "water": ("water", "sewage", "flood", "grate", "heating", "gas"), "light": ("light", "lamp", "power", "wire", "charger"),
        "rubbish": ("rubbish", "posters", "pest", "smell", "stall"), "tree": ("tree", "exercise", "playground", "dog"),
        "road": ("road", "manhole", "fire", "parking", "barrier", "site", "railing"),
    }  # fmt: skip
    return next((scene for scene, stems in words.items() if any(stem in kind for stem in stems)), "door")


@cache
def picture(scene: str, after: bool, variant: int = 0) -> bytes:
    """A JPEG of the scene, broken or put right. ``variant`` 0–3 moves things a little."""
    rng = Random(f"{scene}:{variant}")
    far, near = _GROUND[scene]
    image = Image.new("RGB", SIZE, far)
    draw = ImageDraw.Draw(image)
    horizon = 250 + rng.randint(-25, 25)
    draw.rectangle((0, horizon, *SIZE), fill=near)
    draw.rectangle((0, horizon - 3, SIZE[0], horizon + 3), fill=tuple(int(c * 0.85) for c in near))
    _DRAW[scene](draw, rng, horizon, after)
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _water(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    x = 220 + rng.randint(-40, 60)
    draw.rectangle((x, 0, x + 46, y + 40), fill=(88, 106, 122))
    draw.rectangle((x - 12, y - 90, x + 58, y - 56), fill=(196, 154, 82) if after else (120, 96, 70))
    if not after:
        draw.ellipse((x - 120, y + 60, x + 240, y + 170), fill=(126, 160, 172))
        for n in range(6):
            draw.line((x + 40, y - 70, x + 90 + n * 16, y + 100), fill=(190, 214, 220), width=5)


def _road(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    draw.polygon([(260, y), (380, y), (640, 480), (0, 480)], fill=(104, 104, 102))
    x = 290 + rng.randint(-60, 60)
    if after:
        draw.ellipse((x - 70, 350, x + 90, 420), fill=(84, 84, 84), outline=(70, 70, 70), width=6)
        draw.line((x - 40, 385, x + 60, 385), fill=(110, 110, 108), width=4)
    else:
        draw.ellipse((x - 80, 340, x + 100, 430), fill=(34, 30, 28))
        draw.line((x + 130, 300, x + 160, 420), fill=(206, 92, 58), width=14)


def _light(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    x = 300 + rng.randint(-80, 80)
    draw.rectangle((x, 90, x + 14, y + 90), fill=(28, 30, 36))
    draw.rectangle((x - 40, 78, x + 54, 96), fill=(28, 30, 36))
    if after:
        for n in range(5):
            radius = 150 - n * 24
            draw.ellipse(
                (x - radius, 100 - radius // 2, x + radius, 100 + radius),
                fill=(120 + n * 24, 112 + n * 22, 84 + n * 12),
            )


def _rubbish(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    for n in range(3):
        x = 150 + n * 120
        draw.rectangle((x, y - 60, x + 84, y + 80), fill=((70, 110, 90), (72, 92, 120), (150, 112, 60))[n])
        draw.rectangle((x - 4, y - 74, x + 88, y - 58), fill=(52, 60, 58))
    if not after:
        for _ in range(26):
            x, top = rng.randint(120, 480), rng.randint(y + 20, y + 130)
            draw.ellipse(
                (x, top, x + 44, top + 30),
                fill=(rng.randint(60, 210), rng.randint(60, 200), rng.randint(60, 190)),
            )


def _door(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    x = 230 + rng.randint(-30, 30)
    draw.rectangle((x, 60, x + 180, y + 120), fill=(96, 78, 62))
    left = x if after else x + 60
    draw.rectangle((left, 60, left + 170, y + 120), fill=(138, 112, 84))
    draw.ellipse((left + 140, 210, left + 156, 226), fill=(220, 200, 120))


def _tree(draw: ImageDraw.ImageDraw, rng: Random, y: int, after: bool) -> None:
    x = 300 + rng.randint(-60, 60)
    draw.rectangle((x, 140, x + 26, y + 60), fill=(96, 76, 56))
    draw.ellipse((x - 100, 30, x + 130, 200), fill=(92, 128, 84))
    if not after:
        draw.polygon(
            [(x - 160, y + 120), (x + 140, y + 60), (x + 150, y + 80), (x - 150, y + 150)], fill=(104, 84, 60)
        )
        draw.ellipse((x + 60, y + 10, x + 230, y + 110), fill=(108, 140, 92))


_DRAW = {"water": _water, "road": _road, "light": _light, "rubbish": _rubbish, "door": _door, "tree": _tree}

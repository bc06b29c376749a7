"""Files that are whole and on the disk before anybody relies on them."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """The file with these bytes, or as it was before: never half of it. Its folder must be there. Raises OSError."""
    draft = path.with_name(
        f"{path.name}.{os.getpid()}.part"
    )  # by its name whoever tidies up knows whose it is
    with open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

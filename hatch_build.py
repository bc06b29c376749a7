"""A wheel carries the built pages; a checkout builds them when it starts (linli.config.assets)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Pages(BuildHookInterface):  # type: ignore[type-arg]
    """Builds doors/static/dist/ before the wheel is put together. Editable installs are left alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root) / "src"))
        from linli.config import assets

        assets.ensure()
        if not assets.MANIFEST.is_file():
            raise RuntimeError(f"{assets.MANIFEST} is missing after the build")

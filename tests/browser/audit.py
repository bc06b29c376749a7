"""Two scripts that are run inside a page: what is wrong with it, and what has the focus."""

from pathlib import Path

HERE = Path(__file__).parent
AUDIT = (HERE / "audit.js").read_text("utf-8")
FOCUSED = (HERE / "focused.js").read_text("utf-8")

"""The style sheet of every view, as it travels with each output: read once, without the white space."""

from __future__ import annotations

import re
from pathlib import Path

_SHEET = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
_COMMENT_OR_SPACE = re.compile(r"/\*.*?\*/|\s+", re.DOTALL)

STYLE = re.sub(r"\s*([{};])\s*", r"\1", _COMMENT_OR_SPACE.sub(" ", _SHEET)).strip()

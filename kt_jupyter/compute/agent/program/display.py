"""``display`` and its kin for cells that run without IPython; they are there without an import."""

from __future__ import annotations

import builtins
import os
from typing import Any

from . import bundles, figures, records
from .streams import Voice


class Display:
    """Displays objects."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        figures.show_with(self.display)

    def install(self) -> None:
        """Let users' code call ``display``, ``update_display`` and ``clear_output``."""
        for name in ("display", "update_display", "clear_output"):
            setattr(builtins, name, getattr(self, name))

    def display(
        self,
        *values: Any,
        display_id: Any = None,
        raw: bool = False,
        metadata: Any = None,
        update: bool = False,
        **_: Any,
    ) -> Handle | None:
        """Show objects; as ``IPython.display.display``."""
        handle = Handle(self, os.urandom(16).hex() if display_id is True else display_id) if display_id else None
        for value in values:
            own = getattr(value, "_ipython_display_", None)
            if own is not None and callable(own) and not raw and not isinstance(value, type):
                own()
                continue
            data, about = (bundles.raw(value), {}) if raw else bundles.bundle(value)
            about.update(metadata or {})
            content = {"data": data, "metadata": about, "update": update}
            content["display_id"] = handle.display_id if handle else None
            if self._voice.ours:
                self._voice.record(records.DISPLAY, content)
            else:  # a process that the user's code forked
                self._voice.text(1, (data["text/plain"] + "\n").encode())
        return handle

    def update_display(self, value: Any, *, display_id: str, **more: Any) -> None:
        """Show an object in the place of another."""
        self.display(value, display_id=display_id, update=True, **more)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's signature
        """Remove what is displayed; with ``wait``, when the next output comes."""
        self._voice.record(records.CLEAR, {"wait": bool(wait)})

    def result(self, value: Any, count: int) -> None:
        """Show the value of a cell's last expression."""
        own = getattr(value, "_ipython_display_", None)
        if own is not None and callable(own) and not isinstance(value, type):
            own()
            return
        data, metadata = bundles.bundle(value)
        self._voice.record(records.RESULT, {"data": data, "metadata": metadata, "count": count})


class Handle:
    """A display that can be changed."""

    def __init__(self, shown: Display, display_id: str) -> None:
        self._shown = shown
        self.display_id = display_id

    def display(self, value: Any, **more: Any) -> None:
        """Show an object again."""
        self._shown.display(value, display_id=self.display_id, **more)

    def update(self, value: Any, **more: Any) -> None:
        """Show an object in this place."""
        self._shown.update_display(value, display_id=self.display_id, **more)

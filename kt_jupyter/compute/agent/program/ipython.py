"""Cells by the image's own IPython, any from 7 on: its magics, its tracebacks, its display."""

from __future__ import annotations

import contextlib
import os
import types
import warnings
from typing import Any, Dict, cast

from . import bundles, engine, figures, light, records, tracebacks
from .streams import Voice

with light.imports():
    from IPython.core import completer, magics  # noqa: F401 - else they were imported in full, when the shell is made
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

Json = Dict[str, Any]

_LIVE = "application/vnd.jupyter.widget-view+json"  # needs a kernel on the other side: its text is shown
_voices: list[Voice] = []  # IPython makes the objects below itself


class Hook(DisplayHook):
    """Shows the value of a cell's last expression."""

    shell: Any
    _shown: Any = None

    def write_output_prompt(self) -> None:
        self._shown = None

    def write_format_data(self, format_dict: Json, md_dict: Any = None) -> None:
        self._shown = (format_dict, md_dict or {})

    def finish_displayhook(self) -> None:
        shown, self._shown = self._shown, None
        if shown is not None and shown[0]:
            content = {"data": _portable(shown[0]), "metadata": shown[1], "count": self.prompt_count}
            _voices[0].record(records.RESULT, content)


class Publisher(DisplayPublisher):
    """Shows what is displayed."""

    def publish(  # type: ignore[override]  # as much of the signature as all versions share
        self, data: Json, metadata: Any = None, **more: Any
    ) -> None:
        transient = more.get("transient") or {}
        content = {
            "data": _portable(data),
            "metadata": metadata or {},
            "display_id": transient.get("display_id"),
            "update": bool(more.get("update")),
        }
        if _voices[0].ours:
            _voices[0].record(records.DISPLAY, content)
        else:
            _voices[0].text(1, (str(data.get("text/plain", "")) + "\n").encode())

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - its signature
        _voices[0].record(records.CLEAR, {"wait": bool(wait)})


class Shell(InteractiveShell):
    """IPython without a terminal."""

    kt_error: Any = None
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    system = InteractiveShell.system_raw  # straight to our pipes: no terminal, no pexpect

    def _get_exc_info(self, exc_tuple: Any = None) -> Any:
        etype, evalue, trace = super()._get_exc_info(exc_tuple)  # type: ignore[no-untyped-call]
        return etype, evalue, tracebacks.without_ours(trace)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        told = {"ename": str(etype.__name__), "evalue": tracebacks.brief(evalue)["evalue"], "traceback": list(stb)}
        self.kt_error = told
        _voices[0].record(records.ERROR, told)

    @contextlib.contextmanager
    def _tee(self, channel: Any) -> Any:
        """Do not keep what is printed: IPython 9 keeps all of it in memory, for a history that nobody reads here."""
        yield

    def enable_gui(self, gui: Any = None) -> None:
        """Do nothing: there is no window."""


class IPythonEngine(engine.Engine):
    """See the module."""

    def __init__(self, main: types.ModuleType, voice: Voice, directory: str) -> None:
        _voices[:] = [voice]
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.banner1 = ""
        # A profile is files, which cannot be switched off: they are among the supervisor's, who outlives this process.
        place = os.environ.get("IPYTHONDIR") or os.path.join(directory, "ipython")
        warnings.filterwarnings("ignore", message="To exit: use")
        made = Shell.instance(config=config, ipython_dir=place, user_module=main, user_ns=main.__dict__)
        self._shell = cast("Any", made)
        png = self._shell.display_formatter.formatters["image/png"]
        png.for_type_by_name("matplotlib.figure", "Figure", figures.png)
        figures.show_with(self._display)

    def number(self, count: Any) -> int:
        """See the base class."""
        if count:
            self._shell.execution_count = int(count)
        return int(self._shell.execution_count)

    def run(self, source: str) -> Json:
        """See the base class."""
        self._shell.kt_error = None
        raised: Any = None
        try:
            try:
                result = self._shell.run_cell(source, store_history=True)
                raised = result.error_before_exec or result.error_in_exec
            finally:
                figures.flush()
        except KeyboardInterrupt as error:  # not in the cell's own code
            raised = error
        if raised is None:
            return {"status": "ok"}
        told = self._shell.kt_error
        if told is None:
            told = tracebacks.describe(raised)
            _voices[0].record(records.ERROR, told)
        return {"status": "interrupted" if isinstance(raised, KeyboardInterrupt) else "error", "error": told}

    def _display(self, value: Any) -> None:
        from IPython.display import display

        cast("Any", display)(value)


def _portable(data: Json) -> Json:
    return {kind: bundles.portable(found) for kind, found in data.items() if kind != _LIVE}

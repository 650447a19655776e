"""``%load_ext kt_jupyter``: what a shell gains, and loses again on ``%unload_ext``."""

from __future__ import annotations

from typing import Any

from kt_jupyter import reporting
from kt_jupyter.kube import notices
from kt_jupyter.notebook.completion.matcher import MagicMatcher
from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.compute.known import known
from kt_jupyter.notebook.formatters import register_formatters, register_live, unregister_live
from kt_jupyter.notebook.live import Live
from kt_jupyter.notebook.magics.cluster import CLUSTER, ClusterMagics
from kt_jupyter.notebook.magics.compute import COMPUTE, ComputeMagics
from kt_jupyter.notebook.magics.volume import VOLUME, VolumeMagics
from kt_jupyter.notebook.speaker import Speaker

_COMMANDS = {command.name: command for command in (VOLUME, COMPUTE, CLUSTER)}
_loaded: dict[int, _Loaded] = {}


class _Loaded:
    """What was added to one shell, so that exactly that can be taken back."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._matcher = MagicMatcher(_COMMANDS, names)
        self._speaker = Speaker(shell)
        self._live = Live(shell)
        register_formatters(shell)
        register_live(shell, self._live)
        shell.register_magics(VolumeMagics, ComputeMagics, ClusterMagics)
        self._matcher.install(shell)
        shell.events.register("post_run_cell", self._speaker.end_of_cell)
        self._spoke_before = reporting.use(self._speaker)
        self._noted_before = notices.use(self._speaker.notice)

    def undo(self) -> None:
        reporting.use(self._spoke_before)
        notices.use(self._noted_before)
        self._shell.events.unregister("post_run_cell", self._speaker.end_of_cell)
        self._matcher.remove(self._shell)
        known.forget()
        unregister_live(self._shell)
        self._live.close()
        for magics in self._shell.magics_manager.magics.values():
            for name in _COMMANDS:
                magics.pop(name, None)


def load(shell: Any) -> None:
    """Register magics, completion and views; a second time changes nothing."""
    if id(shell) not in _loaded:
        _loaded[id(shell)] = _Loaded(shell)


def unload(shell: Any) -> None:
    """Forget the magics, their completion, and speak as plain Python does."""
    loaded = _loaded.pop(id(shell), None)
    if loaded is not None:
        loaded.undo()

"""``%load_ext kt_jupyter``: what a shell gains, and loses again on ``%unload_ext``."""

from __future__ import annotations

from typing import Any

from kt_jupyter.notebook.completion.matcher import MagicMatcher
from kt_jupyter.notebook.completion.sources import names
from kt_jupyter.notebook.formatters import register_formatters
from kt_jupyter.notebook.magics.cluster import CLUSTER, ClusterMagics
from kt_jupyter.notebook.magics.volume import VOLUME, VolumeMagics

_COMMANDS = {command.name: command for command in (VOLUME, CLUSTER)}
_matcher = MagicMatcher(_COMMANDS, names)


def load(shell: Any) -> None:
    """Register magics, completion and views."""
    register_formatters(shell)
    shell.register_magics(VolumeMagics, ClusterMagics)
    _matcher.remove(shell)
    _matcher.install(shell)


def unload(shell: Any) -> None:
    """Forget the magics and their completion."""
    _matcher.remove(shell)
    for name in _COMMANDS:
        shell.magics_manager.magics["line"].pop(name, None)

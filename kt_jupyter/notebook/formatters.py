"""Which view shows which object, by name: nothing is imported until such an object is displayed.

IPython looks formatters up by the type's module and name. So ``import kt_jupyter`` in a notebook can register all of
them for the price of this small file, and a person who never loads the extension still sees cards and tables.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

_VIEWS = "kt_jupyter.notebook.views"
_SHOWN_BY = {
    ("kt_jupyter.volumes.volume", "Volume"): f"{_VIEWS}.volumes:volume_view",
    ("kt_jupyter.volumes.status", "VolumeStatus"): f"{_VIEWS}.volumes:status_view",
    ("kt_jupyter.volumes.listing", "VolumeList"): f"{_VIEWS}.volumes:list_view",
    ("kt_jupyter.volumes.deletion", "Deletion"): f"{_VIEWS}.outcomes:deletion_view",
    ("kt_jupyter.volumes.shell", "Shell"): f"{_VIEWS}.shells:shell_view",
    ("kt_jupyter.volumes.shell", "ShellPlan"): f"{_VIEWS}.shells:shell_plan_view",
    ("kt_jupyter.notebook.outcomes", "WouldOpen"): f"{_VIEWS}.shells:would_open_view",
    ("kt_jupyter.volumes.collecting", "Collection"): f"{_VIEWS}.shells:collection_view",
    ("kt_jupyter.compute.functions.function", "RemoteFunction"): f"{_VIEWS}.functions:function_view",
    ("kt_jupyter.compute.functions.call", "Call"): f"{_VIEWS}.functions:call_view",
    ("kt_jupyter.compute.functions.ranked", "RankedCall"): f"{_VIEWS}.functions:ranked_view",
    ("kt_jupyter.compute.compute", "Compute"): f"{_VIEWS}.computes:compute_view",
    ("kt_jupyter.compute.status", "Stopped"): f"{_VIEWS}.computes:stopped_view",
    ("kt_jupyter.compute.status", "ComputeStatus"): f"{_VIEWS}.computes:status_view",
    ("kt_jupyter.compute.finding", "ComputeList"): f"{_VIEWS}.computes:list_view",
    ("kt_jupyter.notebook.outcomes", "WouldStart"): f"{_VIEWS}.computes:would_start_view",
    ("kt_jupyter.notebook.outcomes", "PlannedStop"): f"{_VIEWS}.computes:planned_stop_view",
    ("kt_jupyter.notebook.outcomes", "Detached"): f"{_VIEWS}.computes:detached_view",
    ("kt_jupyter.notebook.outcomes", "PlannedDeletion"): f"{_VIEWS}.outcomes:planned_view",
    ("kt_jupyter.notebook.outcomes", "WouldBeMade"): f"{_VIEWS}.outcomes:would_be_made_view",
    ("kt_jupyter.notebook.cluster.summary", "Summary"): f"{_VIEWS}.cluster:summary_view",
    ("kt_jupyter.notebook.cluster.doctor", "Diagnosis"): f"{_VIEWS}.cluster:diagnosis_view",
}


_LIVE = {
    ("kt_jupyter.compute.compute", "Compute"): "show_one",
    ("kt_jupyter.compute.finding", "ComputeList"): "show_all",
}


def register_formatters(shell: Any) -> None:
    """Let an IPython shell show our objects as text and HTML. Doing it twice changes nothing."""
    formatter = shell.display_formatter.mimebundle_formatter
    for (module, name), view in _SHOWN_BY.items():
        formatter.for_type_by_name(module, name, _shower(view))


def unregister_formatters(shell: Any) -> None:
    """Let the shell show them as it shows anything else."""
    formatter = shell.display_formatter.mimebundle_formatter
    for module, name in _SHOWN_BY:
        formatter.pop(f"{module}.{name}", None)


def register_live(shell: Any, live: Any) -> None:
    """Let a shell show in place what changes, where somebody watches; elsewhere the views above are shown."""
    formatter = shell.display_formatter.ipython_display_formatter
    for (module, name), method in _LIVE.items():
        formatter.for_type_by_name(module, name, getattr(live, method))


def unregister_live(shell: Any) -> None:
    """Let the shell show them once."""
    formatter = shell.display_formatter.ipython_display_formatter
    for module, name in _LIVE:
        formatter.pop(f"{module}.{name}", None)


def mimebundle(obj: Any, view: str) -> dict[str, str]:
    """Show an object through its view, as text and as HTML."""
    from kt_jupyter.notebook.views.html import to_html  # noqa: PLC0415 - the first display pays, not the import
    from kt_jupyter.notebook.views.text import to_text  # noqa: PLC0415

    module, _, function = view.partition(":")
    shown = getattr(importlib.import_module(module), function)(obj)
    return {"text/plain": to_text(shown), "text/html": to_html(shown)}


def _shower(view: str) -> Callable[[Any], dict[str, str]]:
    return lambda obj: mimebundle(obj, view)

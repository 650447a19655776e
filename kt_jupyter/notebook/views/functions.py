"""How a function on a compute looks, and a call of it."""

from __future__ import annotations

from typing import Final

from kt_jupyter.compute.functions import Call, RankedCall, RemoteFunction
from kt_jupyter.compute.functions.capture import Content
from kt_jupyter.notebook.views.blocks import BUSY, ENDING, GOOD, PROBLEM, Exact, Facts, Heading, Mark, Note, View, Words
from kt_jupyter.specs import human

_MARKS: Final[dict[str, Mark]] = {"running": BUSY, "returned": GOOD, "cancelled": ENDING}
_SHOWN: Final = 5


def function_view(function: RemoteFunction) -> View:
    """Show where a function runs, and what goes along with each call."""
    how = "calls share the process of its cells" if function.shared else "each call in a fresh process"
    facts: list[Words] = [f"on compute {function.compute.name}", how]
    if function.timeout is not None:
        facts.append(f"{function.timeout:g} s each at most")
    contents = function.contents()
    notes = [Note(_content(each)) for each in contents[:_SHOWN]]
    if len(contents) > _SHOWN:
        notes.append(Note(f"and {len(contents) - _SHOWN} smaller ones"))
    along = "takes nothing along but its arguments" if not notes else "takes along with each call:"
    return View((Heading("Function", function.name), Facts((*facts, along)), *notes))


def call_view(call: Call) -> View:
    """Show how a call is doing."""
    mark = _MARKS.get(call.state, PROBLEM)
    return View((Heading("Call", call.function, mark, call.state), Facts((f"on pod {call.pod}", f"id {call.id}"))))


def ranked_view(call: RankedCall) -> View:
    """Show how a call on several workers is doing, and each of them."""
    mark = _MARKS.get(call.state, PROBLEM)
    ranks = [Note(f"rank {rank}: {each.state}, on pod {each.pod}") for rank, each in enumerate(call.calls[:_SHOWN])]
    if len(call.calls) > _SHOWN:
        ranks.append(Note(f"and {len(call.calls) - _SHOWN} more"))
    return View((Heading("Call", call.function, mark, call.state), *ranks))


def _content(content: Content) -> Words:
    return (f"{content.place}: {content.type}, ", Exact(human.size(content.size), f"{content.size:,} bytes"))

"""The kernel's side of a conversation with the agent in a pod.

A :class:`Session` speaks to one pod over one kept-open exec: an exec costs the node 60 to 100 ms, a message on it less
than one. What is started there (a cell, a call of a pickled function) is a :class:`Work`: it goes on when the
connection breaks or this process dies, and whoever attaches to it later gets all that it printed, each byte once. So a
lost connection is not an error here: it is made anew for as long as the pod lives, and followers see a gap in time and
none in the output. What is an error is the pod's end, which is said with its reason: :class:`SessionEnded`.

    session = Session(cluster, "kt-train-x7f2p", container="main")
    hello = session.connect(timeout=60)               # from the moment a node has the pod: no need to wait for Running
    done = session.run_cell("print(1 + 1)", on_event=print)
    work = session.call(cloudpickle.dumps((f, args, kwargs)))
    value = cloudpickle.loads(work.follow(print).result)

Everything blocks in the caller's thread, where callbacks are called too; the connection itself lives on the I/O thread
that all of kt_jupyter's connections share.
"""

from kt_jupyter.compute.session.events import (
    ClearOutput,
    Display,
    Done,
    Error,
    Event,
    Item,
    Problem,
    Reconnected,
    Reconnecting,
    Result,
    Skipped,
    Started,
    Stopping,
    Text,
)
from kt_jupyter.compute.session.facts import Hello, Interpreter, WorkInfo
from kt_jupyter.compute.session.ranked import RankedWork
from kt_jupyter.compute.session.session import Session, cell_request
from kt_jupyter.compute.session.work import Work

__all__ = [
    "ClearOutput",
    "Display",
    "Done",
    "Error",
    "Event",
    "Hello",
    "Interpreter",
    "Item",
    "Problem",
    "RankedWork",
    "Reconnected",
    "Reconnecting",
    "Result",
    "Session",
    "Skipped",
    "Started",
    "Stopping",
    "Text",
    "Work",
    "WorkInfo",
    "cell_request",
]

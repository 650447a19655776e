"""Whether what is pickled here can be read there: only by the same minor version of Python.

Code is pickled as bytecode, which another minor version reads as something else: it may answer nonsense, or end the
process without a word. So versions are compared before anything is unpickled, never after.
"""

from __future__ import annotations

import sys

from kt_jupyter.compute.session import Hello
from kt_jupyter.errors import PythonMismatch


def refuse_other_minor(hello: Hello | None, what: str) -> None:
    """Refuse an exchange of pickles between different minor versions.

    Args:
        hello: What the agent said.
        what: What is to be sent, such as ``functions``.

    Raises:
        PythonMismatch: Says both versions, and the ways out.
    """
    assert hello is not None, "it is connected"
    here, there = sys.version_info[:2], hello.interpreter.version[:2]
    if here == there:
        return
    ours, theirs = (".".join(map(str, version)) for version in (here, there))
    raise PythonMismatch(
        f"this notebook runs Python {ours} and the pod {theirs}: {what} cannot be sent between minor versions.",
        remedy=f'Use an image with Python {ours}, such as image="python:{ours}-slim", or a kernel with {theirs}.',
    )

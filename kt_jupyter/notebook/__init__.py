"""The notebook's face of kt_jupyter: magics that parse and call, views of what the core returns.

The only layer that knows IPython, and nothing below knows this one. What the core returns stays plain Python; how it
looks is registered here, by the types' names, so that neither side imports the other before it is needed.
"""

from __future__ import annotations

from typing import Any

from kt_jupyter.notebook.formatters import register_formatters, unregister_formatters

__all__ = ["load_ipython_extension", "register_formatters", "unload_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """Give a shell the magics, their Tab completion and the views (``%load_ext kt_jupyter``)."""
    from kt_jupyter.notebook.extension import load  # noqa: PLC0415 - registering views alone needs none of it

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take back what :func:`load_ipython_extension` gave (``%unload_ext kt_jupyter``)."""
    from kt_jupyter.notebook.extension import unload  # noqa: PLC0415

    unload(shell)
    unregister_formatters(shell)

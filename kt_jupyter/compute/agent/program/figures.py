"""What is drawn with matplotlib is displayed: in any image that has it, with IPython or without.

``backend`` is the matplotlib backend. What a cell has drawn and not shown is displayed when it ends, and closed, as
Jupyter's inline backend does.
"""

from __future__ import annotations

import io
import sys
from typing import Any, Callable

BACKEND = f"module://{__package__}.backend"

_display: Callable[[Any], Any] = id  # until somebody says how


def show_with(display: Callable[[Any], Any]) -> None:
    """Say how figures are displayed."""
    global _display  # noqa: PLW0603 - matplotlib knows a backend as a module
    _display = display


def is_figure(value: Any) -> bool:
    """Whether it is one; does not import matplotlib."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def png(figure: Any) -> bytes:
    """Draw a figure."""
    file = io.BytesIO()
    canvas = getattr(figure, "canvas", None)
    if canvas is None or not hasattr(canvas, "print_png"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(figure)
    colour = figure.get_facecolor()
    figure.savefig(file, format="png", bbox_inches="tight", facecolor=colour)
    return file.getvalue()


def show(*_: Any, **__: Any) -> None:
    """Display all open figures and close them: ``plt.show()``."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    try:
        for number in pyplot.get_fignums():
            _display(pyplot.figure(number))
    finally:
        pyplot.close("all")


def flush() -> None:
    """Display what a cell has drawn, if this is the backend."""
    matplotlib: Any = sys.modules.get("matplotlib")
    if "matplotlib.pyplot" in sys.modules and matplotlib.get_backend().lower() == BACKEND:
        show()

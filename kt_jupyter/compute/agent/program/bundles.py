"""What an object looks like, by MIME type, where there is no IPython to ask: the same methods are asked."""

from __future__ import annotations

import base64
import json
import pprint
import sys
from typing import Any, Dict

from . import figures

Json = Dict[str, Any]

_METHODS = (
    ("text/html", "_repr_html_"),
    ("text/markdown", "_repr_markdown_"),
    ("image/svg+xml", "_repr_svg_"),
    ("image/png", "_repr_png_"),
    ("image/jpeg", "_repr_jpeg_"),
    ("text/latex", "_repr_latex_"),
    ("application/json", "_repr_json_"),
    ("application/javascript", "_repr_javascript_"),
    ("application/pdf", "_repr_pdf_"),
)
_CONTAINERS = (dict, list, tuple, set, frozenset)
_WIDTH = 79
_LIVE = "application/vnd.jupyter.widget-view+json"  # needs a kernel on the other side: its text is shown


def bundle(value: Any) -> tuple[Json, Json]:
    """Return data and metadata. A method that raises counts as one that is not there, and says so on stderr."""
    data: Json = {}
    metadata: Json = {}
    whole = _ask(value, "_repr_mimebundle_", include=None, exclude=None)
    if isinstance(whole, tuple) and len(whole) == 2:  # noqa: PLR2004 - data and metadata
        metadata.update(whole[1])
        whole = whole[0]
    if isinstance(whole, dict):
        data.update({kind: portable(found) for kind, found in whole.items()})
    for kind, method in _METHODS:
        if kind in data:
            continue
        found = _ask(value, method)
        if isinstance(found, tuple) and len(found) == 2:  # noqa: PLR2004
            found, metadata[kind] = found
        if found is not None:
            data[kind] = portable(found)
    if "image/png" not in data and figures.is_figure(value):
        data["image/png"] = portable(figures.png(value))
    data.pop(_LIVE, None)
    data.setdefault("text/plain", plain(value))
    return data, metadata


def portable(found: Any) -> Any:
    """Return what a JSON message can carry."""
    return base64.b64encode(found).decode() if isinstance(found, (bytes, bytearray)) else found


def plain(value: Any) -> str:
    """Return an object as text, containers over several lines where one is too short."""
    try:
        if type(value) in _CONTAINERS:
            return pprint.pformat(value, width=_WIDTH, compact=True, sort_dicts=False)
        return repr(value)
    except Exception as error:  # noqa: BLE001 - a repr that raises is shown as what it is
        return f"<{type(value).__name__} object whose repr raises {type(error).__name__}: {error}>"


def raw(data: Json) -> Json:
    """Return data that a user gave ready made."""
    return {
        kind: portable(found) if kind != "application/json" else json.loads(json.dumps(found, default=repr))
        for kind, found in data.items()
    }


def _ask(value: Any, method: str, **arguments: Any) -> Any:
    if isinstance(value, type):  # a class: its methods are for its objects
        return None
    try:
        asked = getattr(value, method, None)
        # What answers to every name, as a mock does, knows no such method.
        if asked is None or not callable(asked) or getattr(value, "_kt_no_such_method_", None) is not None:
            return None
        return asked(**arguments)
    except NotImplementedError:
        return None
    except Exception as error:  # noqa: BLE001 - see ``bundle``
        sys.stderr.write(f"{type(value).__name__}.{method} raises {type(error).__name__}: {error}\n")
        return None

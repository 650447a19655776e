"""What a compute is called when nobody says it: after the notebook, so that the notebook finds it again.

A kernel that was restarted should meet the variables it left in the pod, and another notebook should not. So the name
is the notebook's, with a digest of its path, its machine and its user; a digest of the options besides, where several
computes in one notebook are told apart by nothing else. Outside of notebooks it is the working directory.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from pathlib import Path
from typing import Final

from kt_jupyter.specs.names import valid_spelling

_NOTEBOOK: Final = "JPY_SESSION_NAME"  # a Jupyter server tells each kernel the path of its notebook
_HUB_USER: Final = "JUPYTERHUB_USER"
_LONGEST: Final = 30


def default_name(options: str = "") -> str:
    """Return a name; the same one in the same notebook for the same ``options``."""
    notebook = os.environ.get(_NOTEBOOK)
    place = notebook or str(Path.cwd())
    words = f"{user()}\0{socket.gethostname()}\0{place}\0{options}"
    stem = valid_spelling(Path(place).stem, dots=False, length=_LONGEST) or "notebook"
    return f"{stem.strip('-')}-{hashlib.sha256(words.encode()).hexdigest()[:5]}"


def made_by() -> str:
    """Say who starts a compute, for those who find it in their namespace: ``ada, train.ipynb``."""
    notebook = os.environ.get(_NOTEBOOK)
    return f"{user()}, {Path(notebook).name}" if notebook else user()


def user() -> str:
    """Return the name of whoever works here, as this machine knows it."""
    hub = os.environ.get(_HUB_USER)
    if hub:
        return hub
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a number without a name, as in many containers
        return str(os.getuid())

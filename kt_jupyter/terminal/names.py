r"""What a pod's terminal is called on a Jupyter server.

Jupyter routes terminals by ``\w+`` (a name with a hyphen is made, and then not found for ever), and the Running panel
shows the name: so it is readable, the same for the same pod, and a digest tells apart what looks alike without hyphens.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

from kt_jupyter.terminal.target import Target

PREFIX: Final = "kt_"  # the JupyterLab part has it too: terminals.ts


def terminal_name(target: Target) -> str:
    """Return the name."""
    where = [target.local, target.context, target.namespace, target.pod, target.container]
    digest = hashlib.sha256(json.dumps(where).encode()).hexdigest()[:6]
    return f"{PREFIX}{re.sub(r'[^a-z0-9]', '_', target.pod)[:60]}_{digest}"

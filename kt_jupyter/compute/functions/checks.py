"""What must be so before a function is sent to a pod, and before anything that comes from there is unpickled.

A pickle of another minor version of Python can kill the process that reads it, without a traceback: code objects are
not portable. So versions are compared first, always, and never found out by trying.
"""

from __future__ import annotations

import platform
import sys
import weakref
from collections.abc import Iterable
from importlib.metadata import version
from typing import Final

from kt_jupyter.compute.session import Interpreter, Session
from kt_jupyter.errors import PackageMissing, PythonMismatch

_HERE: Final = sys.version_info[:2]
_present: weakref.WeakKeyDictionary[Session, set[str]] = weakref.WeakKeyDictionary()


def check_python(there: Interpreter, pod: str, what: str = "functions") -> None:
    """Refuse to exchange pickles with a Python that cannot read ours.

    Args:
        there: The pod's.
        pod: Its name.
        what: What would be exchanged, for the message.

    Raises:
        PythonMismatch: It is another implementation or minor version, or its cloudpickle is another major version.
    """
    if there.implementation != sys.implementation.name:
        raise PythonMismatch(
            f"this notebook runs {platform.python_implementation()} and pod {pod} runs {there.implementation}: "
            f"{what} cannot be sent between the two.",
            remedy=_ways_out(),
        )
    if there.version[:2] != _HERE:
        ours, theirs = (".".join(map(str, pair)) for pair in (_HERE, there.version[:2]))
        raise PythonMismatch(
            f"this notebook runs Python {ours} and pod {pod} runs Python {theirs}: "
            f"{what} cannot be sent between minor versions.",
            remedy=_ways_out(theirs),
        )
    if there.cloudpickle is None:
        raise PythonMismatch(f"pod {pod} has no cloudpickle, and none was sent along.", remedy="Start it anew: stop()")
    ours = version("cloudpickle")
    if ours.partition(".")[0] != there.cloudpickle.partition(".")[0]:
        raise PythonMismatch(
            f"this notebook has cloudpickle {ours} and pod {pod} has {there.cloudpickle}: "
            f"{what} cannot be sent between major versions.",
            remedy="Stop the compute, and the next call starts it with this notebook's cloudpickle.",
        )


def check_packages(session: Session, packages: Iterable[str], function: str, pod: str) -> None:
    """Name the packages that a function needs and a pod lacks, before the function is sent.

    What is there is asked for once; what is missing each time, since it may be installed meanwhile.

    Raises:
        PackageMissing: There are some.
    """
    present = _present.setdefault(session, set())
    unknown = sorted(set(packages) - present)
    if not unknown:
        return
    found = session.probe(unknown)
    present.update(name for name, there in found.items() if there)
    missing = tuple(name for name in unknown if not found.get(name))
    if missing:
        raise package_missing(missing, function, pod)


def package_missing(missing: tuple[str, ...], function: str, pod: str) -> PackageMissing:
    """Return the error that names packages."""
    one = len(missing) == 1
    names = missing[0] if one else f"{', '.join(missing[:-1])} and {missing[-1]}"
    return PackageMissing(
        f"{function} needs the {'package' if one else 'packages'} {names}, which the image of pod {pod} lacks.",
        packages=missing,
        remedy="Use an image that has it: kt.Compute(image=…). Or install it in the pod first: pip install "
        + " ".join(missing),
    )


def _ways_out(theirs: str | None = None) -> str:
    ours = ".".join(map(str, _HERE))
    other = f", or start the notebook with Python {theirs}" if theirs else ""
    return f'Use an image with Python {ours}, such as kt.Compute(image="python:{ours}-slim"){other}.'

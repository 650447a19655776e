"""From a fork to the command: what runc does last, for a container's first process and for every further one."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from kt_jupyter.local.pods.sandbox import calls
else:  # this directory is the program: see __main__.py
    import calls

Config = dict[str, Any]


class StartError(Exception):
    """The process cannot be started; the text is runc's, for people and tools that know it."""


def stand_alone(*, tty: bool) -> None:
    """Lead a session of its own, with the terminal it was given; die with the program that watches over it."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and ignoring is inherited
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        calls.libc.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if tty:
        _take_terminal()


def become(config: Config) -> NoReturn:
    """Become the command.

    Raises:
        StartError: there is no such command or working directory, or it may not be run.
    """
    _change_directory(config)
    os.umask(0o022)
    _execute(config["argv"], config["env"])


def _take_terminal() -> None:
    import fcntl  # noqa: PLC0415  (only processes with a terminal need it)
    import termios  # noqa: PLC0415

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _change_directory(config: Config) -> None:
    cwd = config["cwd"]
    try:
        if config["isolate"]:
            os.makedirs(cwd, exist_ok=True)  # runc makes the working directory too
        os.chdir(cwd)
    except OSError as error:
        raise StartError(f'chdir to cwd ("{cwd}") set in config.json failed: {_words(error)}') from error


def _execute(argv: list[str], env: dict[str, str]) -> NoReturn:
    """Become the command, looked up as Go's exec.LookPath does, whose words runc reports."""
    if not argv:
        raise StartError("args must not be empty")
    name = argv[0]
    if "/" in name:
        path = name
        if not os.path.exists(path):
            raise StartError(f'exec: "{name}": stat {name}: no such file or directory')
    else:
        places = (os.path.join(place, name) for place in env.get("PATH", "").split(":") if place)
        path = next((p for p in places if os.path.isfile(p) and os.access(p, os.X_OK)), "")
        if not path:
            raise StartError(f'exec: "{name}": executable file not found in $PATH')
    try:
        os.execve(path, argv, env)
    except OSError as error:
        raise StartError(f'exec: "{name}": {_words(error)}') from error


def _words(error: OSError) -> str:
    """The error as Go writes it: in lower case."""
    return os.strerror(error.errno or errno.EINVAL).lower()

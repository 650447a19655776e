"""The kernel's half: have the person's front end open a terminal on a pod, or say how to.

Asked for and forgotten. A front end's answer reaches a kernel only between cells (ipykernel routes even a reply on a
subshell back to the shell that asked), so the cell ends at once and the answer changes the line under it. A front end
that does not know us closes the comm; then, and where nobody answers at all (nbconvert), the line says what to paste.
"""

from __future__ import annotations

from html import escape
from typing import Any, Final
from uuid import uuid4

from IPython import get_ipython

import kt_jupyter
from kt_jupyter.terminal.console import console_terminal
from kt_jupyter.terminal.target import Target

COMM: Final = "kt_jupyter:terminal"  # the JupyterLab part has it too: terminal.ts


def open_terminal(target: Target) -> None:
    """Open a terminal on a pod that exists; it may be starting still.

    In JupyterLab and Notebook it returns at once and a tab opens; in plain IPython and ``jupyter console`` it is the
    terminal, until the shell ends. Elsewhere it prints the command to paste.
    """
    if opens_in_place():
        _in_place(target)
    else:
        _Request(get_ipython(), target).send()


def opens_in_place() -> bool:
    """Whether a terminal would be the one we are in, so that nothing else can be shown until its shell ends."""
    shell = get_ipython()
    return shell is None or not hasattr(shell, "kernel") or console_terminal() is not None


def _in_place(target: Target) -> None:
    import sys  # noqa: PLC0415

    from kt_jupyter.terminal.attach import run  # noqa: PLC0415 - loads the connection's code

    console = console_terminal()
    if console is not None or (sys.stdin.isatty() and sys.stdout.isatty()):
        run(target, console)
    else:
        print(_paste(target))  # noqa: T201 - no terminal and no notebook: a script


class _Request:
    """One request to a front end, and the line that shows what became of it."""

    def __init__(self, shell: Any, target: Target) -> None:
        self._shell = shell
        self._target = target
        self._title = target.title or target.pod
        self._id = uuid4().hex
        self._comm: Any = None

    def send(self) -> None:
        from comm import create_comm  # noqa: PLC0415 - ipykernel has it; plain IPython need not

        self._show(_paste(self._target), update=False)
        data = {**self._target.message(), "version": kt_jupyter.__version__}
        self._comm = create_comm(target_name=COMM, data=data)
        self._comm.on_msg(self._answered)

    def _answered(self, message: dict[str, Any]) -> None:
        answer = message["content"]["data"]
        self._comm.close()
        if "error" in answer:
            self._show(f"No tab for {self._title}: {answer['error']}\n{_paste(self._target)}")
        elif "url" in answer:
            # Notebook 7 shows it in a browser tab, which a pop-up blocker may keep from opening.
            self._show(f"Terminal {self._title}: {answer['url']}", link=answer["url"])
        else:
            self._show(f"Terminal {self._title} is open in a tab.")

    def _show(self, text: str, *, link: str = "", update: bool = True) -> None:
        first, _, command = text.partition("\n    ")
        # Not a <pre>: JupyterLab breaks its lines in the middle of words.
        html = f"<div>{escape(first)}</div>" + (f"<code>{escape(command)}</code>" if command else "")
        if link:
            html = f'<a href="{escape(link)}" target="_blank" rel="noopener">Terminal {escape(self._title)}</a>'
        data = {"text/plain": text, "text/html": html}
        self._shell.display_pub.publish(data, transient={"display_id": self._id}, update=update)


def _paste(target: Target) -> str:
    return f"Terminal {target.title or target.pod}, from any terminal:\n    {target.command()}"

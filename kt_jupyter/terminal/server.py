"""The Jupyter server's part: the route that starts our program on a pty.

Why a route of our own, when the stock one would run any command line it is sent: here the words are checked, and the
pod is looked at with the server's own credentials before anything starts. Who may: whoever may use terminals on this
server, which is a full shell already; tokens and XSRF as Jupyter has them.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

import kt_jupyter
from kt_jupyter.errors import Forbidden, InvalidInput, KtError, NotFound, Rejected, Unauthorized
from kt_jupyter.terminal.memory import Memory
from kt_jupyter.terminal.ptys import Ptys
from kt_jupyter.terminal.target import Target

PTYS: Final = "kt_jupyter_ptys"
_REFUSALS: Final = (Rejected, Forbidden, Unauthorized)


class TerminalsHandler(APIHandler):
    """`GET`: the terminals that are ours. `POST`: one more, or the one that the pod has already."""

    auth_resource = "terminals"

    @property
    def ptys(self) -> Ptys:
        """The terminals made here."""
        ptys = self.settings.get(PTYS)
        if not isinstance(ptys, Ptys):
            raise web.HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, "Terminals are switched off on this Jupyter server.")
        return ptys

    @web.authenticated
    @authorized
    def get(self) -> None:
        """List the names of the terminals that really are pods' shells."""
        self._answer({"terminals": self.ptys.names()})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start a terminal."""
        ptys = self.ptys
        try:
            target = Target.read(self.get_json_body())
            await asyncio.to_thread(_look, target)
        except KtError as error:
            raise web.HTTPError(_status(error), str(error).replace("%", "%%")) from error
        self._answer({"name": ptys.start(target)})

    def _answer(self, body: dict[str, Any]) -> None:
        self.finish(json.dumps({"version": kt_jupyter.__version__, **body}))


def load(server_app: Any) -> None:
    """Add the route to a Jupyter server, and what it remembers from before."""
    web_app = server_app.web_app
    path = url_path_join(web_app.settings["base_url"], "kt_jupyter", "terminals")
    web_app.add_handlers(".*$", [(f"{path}/?", TerminalsHandler)])

    def begin() -> None:
        manager = web_app.settings.get("terminal_manager")
        if manager is not None:
            memory = Memory(Path(server_app.runtime_dir), server_app.root_dir)
            ptys = web_app.settings[PTYS] = Ptys(manager, memory, lambda: bool(server_app._stopping))  # noqa: SLF001
            ptys.restore()

    server_app.io_loop.add_callback(begin)  # when all extensions are loaded, Jupyter's terminals among them


def _look(target: Target) -> None:
    from kt_jupyter.terminal import pods  # noqa: PLC0415 - loads the client at the first terminal, not with the server

    pods.find(pods.connected(target), target)


def _status(error: KtError) -> int:
    if isinstance(error, InvalidInput):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, NotFound):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.FORBIDDEN if isinstance(error, _REFUSALS) else HTTPStatus.BAD_GATEWAY

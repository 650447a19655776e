"""What is shown of computes in one notebook, and shown anew when it is no longer true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from kt_jupyter.compute import Compute, ComputeList, ComputeStatus, State
from kt_jupyter.compute.status import Verdict
from kt_jupyter.errors import KtError
from kt_jupyter.kube import ALL_NAMESPACES, Cluster, current, loop
from kt_jupyter.notebook.live.followed import Followed
from kt_jupyter.notebook.views.blocks import View
from kt_jupyter.notebook.views.computes import list_view, status_view
from kt_jupyter.notebook.views.html import to_html
from kt_jupyter.notebook.views.text import to_text
from kt_jupyter.notebook.watched import in_notebook, someone_watches

_MOST: Final = 20  # of those that were shown before, the older ones stay as they are
_TOGETHER: Final = 0.2  # seconds in which changes are shown as one
_AGES: Final = 60.0  # seconds after which ages are written anew

_Made = Callable[[list[ComputeStatus]], View]


@dataclass
class _Card:
    """One place in the notebook."""

    place: str
    make: _Made
    shown: dict[str, str] = field(default_factory=dict)


@dataclass
class _Group:
    """The cards that show something of one namespace."""

    cards: dict[str, _Card] = field(default_factory=dict)
    followed: Followed | None = None
    due: asyncio.TimerHandle | None = None


class Live:
    """Shows computes in a shell; a display formatter for ``Compute`` and ``ComputeList``.

    Args:
        shell: The IPython shell.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._groups: dict[tuple[int, str], _Group] = {}
        self._order: list[tuple[_Group, str]] = []

    def show_one(self, compute: Compute) -> None:
        """Show a compute.

        Raises:
            NotImplementedError: Nobody watches: IPython shows it as it shows anything else.
        """
        publisher = self._publisher()
        try:
            status = compute.status()
        except KtError as error:  # nothing to follow: the view says why
            raise NotImplementedError from error

        def make(statuses: list[ComputeStatus]) -> View:
            return status_view(next((each for each in statuses if each.name == compute.name), absent))

        absent = ComputeStatus(compute.name, compute.namespace, Verdict(State.ABSENT), status.options)
        self._show(publisher, compute.cluster, compute.namespace, status_view(status), make)

    def show_all(self, listed: ComputeList) -> None:
        """Show a list of computes; raises as ``show_one``."""
        publisher = self._publisher()

        def make(statuses: list[ComputeStatus]) -> View:
            return list_view(ComputeList(statuses, namespace=listed.namespace, context=listed.context))

        self._show(publisher, current(), listed.namespace or ALL_NAMESPACES, list_view(listed), make)

    def close(self) -> None:
        """Leave all as they are now."""
        for group in self._groups.values():
            if group.followed is not None:
                group.followed.close()
        self._groups.clear()
        self._order.clear()

    def _publisher(self) -> Any:
        publisher = self._shell.display_pub
        kept = not hasattr(publisher, "session")  # %%capture and the like keep what is shown to themselves
        if kept or not in_notebook(self._shell) or not someone_watches(self._shell):
            raise NotImplementedError
        return publisher

    def _show(self, publisher: Any, cluster: Cluster, scope: str, view: View, make: _Made) -> None:
        card = _Card(uuid4().hex, make, _bundle(view))
        publisher.publish(card.shown, transient={"display_id": card.place})
        loop.call_soon(lambda: self._add(publisher, cluster, scope, card))

    # -- on the I/O thread -----------------------------------------------------------------------------------------

    def _add(self, publisher: Any, cluster: Cluster, scope: str, card: _Card) -> None:
        group = self._groups.setdefault((id(cluster), scope), _Group())
        group.cards[card.place] = card
        self._order.append((group, card.place))
        if len(self._order) > _MOST:
            old, place = self._order.pop(0)
            old.cards.pop(place, None)
        if group.followed is None:

            def changed() -> None:
                self._soon(group, publisher, _TOGETHER)

            def ended() -> None:
                group.followed = None
                group.cards.clear()

            group.followed = Followed(cluster, scope, changed, ended)

    def _soon(self, group: _Group, publisher: Any, seconds: float) -> None:
        """Look at the cards of a namespace in a moment; once for all that changes until then."""
        running = asyncio.get_running_loop()
        if group.due is not None and group.due.when() <= running.time() + seconds:
            return
        if group.due is not None:
            group.due.cancel()
        group.due = running.call_later(seconds, self._renew, group, publisher)

    def _renew(self, group: _Group, publisher: Any) -> None:
        group.due = None
        if group.followed is None:
            return
        statuses = group.followed.statuses()
        for card in group.cards.values():
            bundle = _bundle(card.make(statuses))
            if bundle != card.shown:
                card.shown = bundle
                publisher.publish(bundle, transient={"display_id": card.place}, update=True)
        if not group.cards:
            group.followed.close()
            group.followed = None
        elif statuses:
            self._soon(group, publisher, _AGES)


def _bundle(view: View) -> dict[str, str]:
    return {"text/plain": to_text(view), "text/html": to_html(view)}

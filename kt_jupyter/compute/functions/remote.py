"""What a call in one pod and a call on several workers have in common, as futures of something that runs elsewhere."""

from __future__ import annotations

import concurrent.futures
from typing import Any, Generic, TypeVar

from kt_jupyter.compute.session import RankedWork, Work

W = TypeVar("W", Work, RankedWork)


class Remote(concurrent.futures.Future[Any], Generic[W]):
    """See the module. ``_work`` is what runs."""

    _work: W

    def cancel(self) -> bool:
        """Interrupt the function (KeyboardInterrupt, so that its ``finally`` runs); called again, end its process.

        Returns:
            Whether it was still running.
        """
        if self.cancelled():
            self._work.terminate()
            return True
        if not super().cancel():
            return False
        self.set_running_or_notify_cancel()
        self._work.interrupt()
        return True

    def sent(self) -> None:
        """Wait until the pods have all that they need, which is so of those that ``submit`` returned."""
        self._work.sent()

    def running(self) -> bool:
        """Whether it runs."""
        return not self.done()

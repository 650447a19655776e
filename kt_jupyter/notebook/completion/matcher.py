"""The hook into IPython's completer: the same one JupyterLab (through ipykernel) and the terminal ask.

A version-2 matcher (IPython 8.6 and later) sees the whole line and may say which part of it it replaces, so that
``vol = %kt_volume show my-d`` completes like ``%kt_volume show my-d``. On a line of ours it suppresses the others: Jedi
would offer Python names there, and the file matcher files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from kt_jupyter.notebook.completion.words import NamesOf, magic_line, offer
from kt_jupyter.notebook.magics.command import Command

_NOTHING = SimpleMatcherResult(completions=[], suppress=False)


class MagicMatcher:
    """Completes the lines of our magics; install with :meth:`install`."""

    def __init__(self, commands: Mapping[str, Command], names_of: NamesOf) -> None:
        self._commands = commands
        self._names_of = names_of
        self._matcher = self._make()

    def install(self, shell: Any) -> None:
        """Ask us first, from now on."""
        shell.Completer.custom_matchers.append(self._matcher)

    def remove(self, shell: Any) -> None:
        """Ask us no more."""
        if self._matcher in shell.Completer.custom_matchers:
            shell.Completer.custom_matchers.remove(self._matcher)

    def _make(self) -> Any:
        # A function, not the bound method: IPython writes its marks (API version, identifier) onto it.
        def match(context: CompletionContext) -> SimpleMatcherResult:
            return self._match(context.text_until_cursor)

        return context_matcher(identifier="kt_jupyter")(match)

    def _match(self, line: str) -> SimpleMatcherResult:
        found = magic_line(line)
        command = self._commands.get(found.name) if found else None
        if found is None or command is None:
            return _NOTHING
        offered = offer(command, found.text, self._names_of, cell=found.cell)
        # IPython lets the others speak when we offer nothing at all: Jedi would then propose "and" and "if", and take
        # seconds the first time. The text as it stands is an offer that changes nothing.
        words = offered.words or (offered.fragment,)
        completions = [SimpleCompletion(word, type=offered.kind) for word in words]
        return SimpleMatcherResult(
            completions=completions, matched_fragment=offered.fragment, suppress=True, ordered=True
        )

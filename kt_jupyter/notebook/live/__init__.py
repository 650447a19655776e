"""Cards and tables that stay true: shown again, in their place, when the cluster says that something has changed.

What is watched is a namespace's computes, once for all that show any of them (``Followed``); what is shown is a card of
one or a table of all (``Live``). Nothing is asked again and again. Only where somebody watches: a notebook that is
stored, or run by nbval, has what was true when the cell ran.
"""

from kt_jupyter.notebook.live.cards import Live

__all__ = ["Live"]

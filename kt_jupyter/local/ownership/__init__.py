"""Who owns which field: ``metadata.managedFields``, and server-side apply, which goes by it.

Every write notes its writer as the owner of the fields that it changed (``track``). An apply (``apply``) says of each
field it names "this is mine": it may not take what another has set to something else (409, unless forced), and what it
named before and names no longer goes, unless another owns it too.

Source: ``sigs.k8s.io/structured-merge-diff/v6`` (``merge/update.go``, ``typed/*.go``, ``fieldpath/*.go``) and
``k8s.io/apimachinery/pkg/util/managedfields`` (1.34). The modules, lowest first: ``sets`` (sets of fields), ``shapes``
(what may have an owner), ``differences`` and ``merging`` (values by their shapes), ``mistakes`` (what cannot be
applied), ``owners`` (the entries of ``managedFields``), ``settling`` (who owns what after a change), the two doors.

All objects here have the one version that this server has of each kind.
"""

from kt_jupyter.local.ownership.applying import apply, identity, kind_text
from kt_jupyter.local.ownership.tracking import nothing_but_times, track

__all__ = ["apply", "identity", "kind_text", "nothing_but_times", "track"]

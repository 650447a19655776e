"""Strategic merge patch: lists of objects merge by a key that their kind names (containers by name …).

Source: ``k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`` (1.34); merge keys from ``schema``. The directives
that kubectl sends are honoured: ``$patch: delete|replace``, ``$deleteFromPrimitiveList/…``, ``$setElementOrder/…``,
``$retainKeys``.
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.local import schema, status
from kt_jupyter.local.objects import Object
from kt_jupyter.local.resources import ResourceType

_DELETE_FROM: Final = "$deleteFromPrimitiveList/"
_ORDER: Final = "$setElementOrder/"


def apply(obj: Object, change: Object, resource: ResourceType) -> Object:
    """Return ``obj`` (changed in place) with a strategic merge patch applied; raises BadRequest (400)."""
    return _merge(obj, change, schema.type_of(resource.api_version, resource.kind))


def _merge(target: Object, change: Object, type_name: str | None) -> Object:
    directive = change.get("$patch")
    if directive == "replace":
        return {key: value for key, value in change.items() if key != "$patch"}
    if directive == "delete":
        return {}
    retained = change.get("$retainKeys")
    if isinstance(retained, list):
        target = {key: value for key, value in target.items() if key in retained}
    fields = schema.fields_of(type_name) if type_name else None
    for key, value in change.items():
        if key in ("$patch", "$retainKeys") or key.startswith(_ORDER):
            continue
        if key.startswith(_DELETE_FROM):
            name = key.removeprefix(_DELETE_FROM)
            target[name] = [item for item in target.get(name) or [] if item not in value]
        elif value is None:
            target.pop(key, None)
        else:
            order = change.get(_ORDER + key)
            target[key] = _merged(target.get(key), value, (fields or {}).get(key), order)
    return target


def _merged(old: Any, new: Any, field: schema.Field | None, order: Any) -> Any:
    if isinstance(new, dict):
        inner = field.type if field and field.shape == "" else None
        return _merge(old if isinstance(old, dict) else {}, new, inner)
    if not isinstance(new, list) or field is None or "merge" not in field.strategy.split(","):
        return new
    old = old if isinstance(old, list) else []
    if not field.merge_key:
        added = [item for item in new if item not in old]
        return _ordered(old + added, order if isinstance(order, list) else new, old, "")
    return _ordered(_merge_list(old, new, field), order if isinstance(order, list) else new, old, field.merge_key)


def _merge_list(old: list[Any], new: list[Any], field: schema.Field) -> list[Any]:
    key = field.merge_key
    if any(isinstance(item, dict) and item.get("$patch") == "replace" for item in new):
        return [item for item in new if "$patch" not in item]
    result = list(old)
    for item in new:
        if not isinstance(item, dict) or key not in item:
            raise _nonsense(f"map: {go_text(item)} does not contain declared merge key: {key}")
        if item.get("$patch") not in (None, "delete", "replace", "merge"):
            raise _nonsense(f"unknown patch type: {item['$patch']} in map: {go_text(item)}")
        place = next((n for n, held in enumerate(result) if held.get(key) == item[key]), None)
        if item.get("$patch") == "delete":
            result = [held for held in result if held.get(key) != item[key]]
        elif place is None:
            result.append(_merge({}, item, field.type))
        else:
            result[place] = _merge(result[place], item, field.type)
    return result


def _ordered(items: list[Any], order: list[Any], before: list[Any], key: str) -> list[Any]:
    """Put merged items in order: those of the patch as it has them, the others in front only where they were before.

    Args:
        items: all of them.
        order: what the patch names, in its order (that of ``$setElementOrder`` where it says one).
        before: the list as it was.
        key: by which items are told apart; "" for plain values.
    """

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    ranks = [name(item) for item in order]
    places = [name(item) for item in before]
    ours = sorted((item for item in items if name(item) in ranks), key=lambda item: ranks.index(name(item)))
    theirs = [item for item in items if name(item) not in ranks]
    result = []
    while ours and theirs:
        left, right = name(theirs[0]), name(ours[0])
        was_first = left in places and right in places and places.index(left) < places.index(right)
        result.append((theirs if was_first else ours).pop(0))
    return result + ours + theirs


def _nonsense(why: str) -> status.ApiStatus:
    return status.ApiStatus(500, "", why)


def go_text(value: Any) -> str:
    """Write a value as Go's ``%v`` does."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(item)}' for key, item in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return "<nil>" if value is None else str(value)

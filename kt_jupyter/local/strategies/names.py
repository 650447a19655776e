"""Which texts Kubernetes takes as names, keys and values, with its own words for those it doesn't.

Source: ``k8s.io/apimachinery/pkg/util/validation/validation.go`` (1.34). Each function returns what is wrong, nothing
when all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from kt_jupyter.local.fields import Problem, invalid

Check = Callable[[str], list[str]]

_LABEL_TEXT: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_TEXT: Final = rf"{_LABEL_TEXT}(\.{_LABEL_TEXT})*"
_KEY_TEXT: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE_TEXT: Final = f"({_KEY_TEXT})?"
_CONFIG_TEXT: Final = "[-._a-zA-Z0-9]+"
_ENDS: Final = "and must start and end with an alphanumeric character"
_LABEL_RULE: Final = (
    f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS} "
    f"(e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_TEXT}')"
)
_SUBDOMAIN_RULE: Final = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS} "
    f"(e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_TEXT}')"
)
_KEY_RULE: Final = (
    f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS} "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_KEY_TEXT}')"
)
_VALUE_RULE: Final = (
    f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', {_ENDS} "
    f"(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_VALUE_TEXT}')"
)
_CONFIG_RULE: Final = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
    f"(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '{_CONFIG_TEXT}')"
)


def _full(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _longer_than(limit: int, text: str) -> list[str]:
    return [f"must be no more than {limit} characters"] if len(text.encode()) > limit else []


def label(text: str) -> list[str]:
    """Check a DNS label: names of namespaces, containers, volumes."""
    found = _longer_than(63, text)
    if not _full(_LABEL_TEXT, text):
        found.append("must not contain dots" if _full(_SUBDOMAIN_TEXT, text) else _LABEL_RULE)
    return found


def subdomain(text: str) -> list[str]:
    """Check a DNS subdomain: names of nearly everything."""
    return _longer_than(253, text) + ([] if _full(_SUBDOMAIN_TEXT, text) else [_SUBDOMAIN_RULE])


def path_segment(text: str) -> list[str]:
    """Check what must only be possible in a path: names of roles and their bindings."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{letter}'" for letter in "/%" if letter in text]


def qualified(text: str) -> list[str]:
    """Check a key: ``name`` or ``prefix/name``."""
    *prefixes, name = text.split("/")
    if len(prefixes) > 1:
        return [
            f"a qualified name {_KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    found = []
    if prefixes:
        found += [f"prefix part {why}" for why in (subdomain(prefixes[0]) if prefixes[0] else ["must be non-empty"])]
    if not name:
        found.append("name part must be non-empty")
    found += [f"name part {why}" for why in _longer_than(63, name)]
    if not _full(_KEY_TEXT, name):
        found.append(f"name part {_KEY_RULE}")
    return found


def label_value(text: str) -> list[str]:
    """Check a label's value."""
    return _longer_than(63, text) + ([] if _full(_VALUE_TEXT, text) else [_VALUE_RULE])


def config_key(text: str) -> list[str]:
    """Check a key of a config map or secret."""
    if text in (".", ".."):
        return [f"must not be '{text}'"]
    found = _longer_than(253, text) + ([] if _full(_CONFIG_TEXT, text) else [_CONFIG_RULE])
    return found + (["must not start with '..'"] if text.startswith("..") else [])


def port_name(text: str) -> list[str]:
    """Check an IANA service name."""
    found = ["must be no more than 15 characters"] if len(text) > 15 else []
    if not _full("[-a-z0-9]*", text):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def wrong(field: str, value: str, check: Check) -> list[Problem]:
    """Return a field's problems with its name."""
    return [invalid(field, value, why) for why in check(value)]


def labels(field: str, given: dict[str, str] | None) -> list[Problem]:
    """Return what is wrong with labels, or with a selector's ``matchLabels``."""
    found = []
    for key, value in sorted((given or {}).items()):
        found += wrong(field, key, qualified) + wrong(field, value, label_value)
    return found

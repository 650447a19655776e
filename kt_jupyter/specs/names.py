"""Names Kubernetes accepts, checked before any request, each refusal with the rule and a valid spelling.

Three rules matter here. A claim or a storage class has a DNS-1123 *subdomain* (up to 253 characters, dots allowed);
a namespace has a DNS-1123 *label* (up to 63, no dots); and a label *value* has at most 63 characters whatever the name
it repeats, which is why ``label_value`` exists: Kubetorch puts the claim's name there and breaks on long ones. Names we
make ourselves are made here too.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from kt_jupyter.errors import InvalidName

LABEL_LENGTH = 63
JOB_LENGTH = 52  # its pods add "-", a rank of up to four digits, "-" and five letters, and their names are host names
SUBDOMAIN_LENGTH = 253

_LABEL_TEXT = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL = re.compile(_LABEL_TEXT, re.ASCII)
_SUBDOMAIN = re.compile(rf"{_LABEL_TEXT}(\.{_LABEL_TEXT})*", re.ASCII)
_LABEL_RULE = "lower-case a-z, 0-9 and -, with a letter or digit at both ends"
_SUBDOMAIN_RULE = "lower-case a-z, 0-9, - and dots, with a letter or digit at both ends and beside dots"


def claim_name(name: object) -> str:
    """Check the name of a volume: a DNS-1123 subdomain.

    Raises:
        InvalidName: with the rule and a valid spelling.

    Source: apimachinery ``IsDNS1123Subdomain``; core validation ``ValidatePersistentVolumeName``.
    """
    return _checked(name, "volume name", _SUBDOMAIN, SUBDOMAIN_LENGTH, _SUBDOMAIN_RULE)


def storage_class_name(name: object) -> str:
    """Check the name of a storage class: a DNS-1123 subdomain; raises InvalidName."""
    return _checked(name, "storage class name", _SUBDOMAIN, SUBDOMAIN_LENGTH, _SUBDOMAIN_RULE)


def namespace_name(name: object) -> str:
    """Check the name of a namespace: a DNS-1123 label.

    Raises:
        InvalidName: with the rule and a valid spelling.

    Source: apimachinery ``IsDNS1123Label``; core validation ``ValidateNamespaceName``.
    """
    return _checked(name, "namespace", _LABEL, LABEL_LENGTH, _LABEL_RULE)


def compute_name(name: object) -> str:
    """Check the name of a compute, which stands in a label: a DNS-1123 label; raises InvalidName."""
    return _checked(name, "compute name", _LABEL, LABEL_LENGTH, _LABEL_RULE)


def object_name(name: object, what: str) -> str:
    """Check the name of something that must be there already, such as a queue; raises InvalidName."""
    return _checked(name, what, _SUBDOMAIN, SUBDOMAIN_LENGTH, _SUBDOMAIN_RULE)


def label_value(text: str) -> str:
    """Return ``text`` where it fits into a label value, else a shortened form with a hash that keeps it distinct."""
    if len(text) <= LABEL_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{text[: LABEL_LENGTH - len(digest) - 1].rstrip('-.')}-{digest}"


def job_name(prefix: str, subject: str, token: str) -> str:
    """Return a Job's name that says what it is about and leaves room for the names of its pods.

    >>> job_name("kt-sh", "my.data", "7f3a")
    'kt-sh-my-data-7f3a'

    Args:
        prefix: What it is for, short.
        subject: What it is about, such as a volume; shortened and freed of dots.
        token: What tells it from others of the same, such as four random hexadecimal digits.
    """
    room = JOB_LENGTH - len(prefix) - len(token) - 2
    about = (valid_spelling(subject, dots=False, length=room) or "").strip("-")
    return "-".join(part for part in (prefix, about, token) if part)


def valid_spelling(text: str, *, dots: bool, length: int = LABEL_LENGTH) -> str | None:
    """Return the nearest valid name to ``text``, or None where nothing of it can be kept."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    allowed = r"[^a-z0-9.-]+" if dots else r"[^a-z0-9-]+"
    dashed = re.sub(r"-{2,}", "-", re.sub(allowed, "-", ascii_text))
    parts = [part.strip("-") for part in dashed[:length].split(".")]
    return ".".join(part for part in parts if part) or None


def _checked(name: object, what: str, pattern: re.Pattern[str], length: int, rule: str) -> str:
    if not isinstance(name, str):
        raise InvalidName(f"a {what} is text, not {name!r}.", remedy="For example: my-data")
    if not name:
        raise InvalidName(f"the {what} is empty.", remedy="For example: my-data")
    suggestion = valid_spelling(name, dots=pattern is _SUBDOMAIN) or "my-data"
    if len(name) > length:
        fact = f'"{name[:20]}…" is not a {what}: it has {len(name)} characters, and {length} are allowed.'
        raise InvalidName(fact, remedy=f"A shorter one: {suggestion}")
    if not pattern.fullmatch(name):
        shown = f'"{name}"' if name.isprintable() else repr(name)
        fact = f"{shown} is not a {what}: Kubernetes allows {rule}."
        raise InvalidName(fact, remedy=f"Did you mean {suggestion}?")
    return name

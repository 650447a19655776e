"""Every refusal of the server is a ``Status`` object; these build it as Kubernetes does.

Source: ``k8s.io/apimachinery/pkg/api/errors/errors.go`` (1.34): codes, reasons, which noun stands in
``details.kind`` (the resource's plural, except for 422, where it is the Kind) and the texts.
"""

from __future__ import annotations

from typing import Any

from kt_jupyter.local.fields import Problem, quoted
from kt_jupyter.local.resources import ResourceType


class ApiStatus(Exception):  # noqa: N818  (the name of the thing on the wire)
    """A request that ends with a Status instead of an object; carries all that the response says."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        details: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
        self.headers = headers or {}
        self.meta: dict[str, Any] = {}
        self.warnings: list[str] = []

    def body(self) -> dict[str, Any]:
        """Return the Status object for the wire."""
        body: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": self.meta,
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


def _details(group: str, kind: str, name: str = "", **more: Any) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if name:
        details["name"] = name
    if group:
        details["group"] = group
    if kind:
        details["kind"] = kind
    details.update(more)
    return details


def not_found(resource: ResourceType, name: str) -> ApiStatus:
    """404: no object of that name."""
    message = f"{resource.key} {quoted(name)} not found"
    return ApiStatus(404, "NotFound", message, details=_details(resource.group, resource.plural, name))


def already_exists(resource: ResourceType, name: str, *, generated: bool = False, ending: bool = False) -> ApiStatus:
    """409: the name is taken, perhaps by something that is about to go."""
    message = f"{'object is being deleted: ' if ending else ''}{resource.key} {quoted(name)} already exists"
    details = _details(resource.group, resource.plural, name)
    if generated:
        message += ", the server was not able to generate a unique name for the object"
        details["retryAfterSeconds"] = 1
    return ApiStatus(409, "AlreadyExists", message, details=details)


def conflict(resource: ResourceType, name: str, why: str, *, noun: str | None = None) -> ApiStatus:
    """409: the object is not the one, or not in the state, that the request assumed.

    ``noun`` replaces the plural: precondition failures name the Kind.
    """
    noun = noun or resource.plural
    qualified = f"{noun}.{resource.group}" if resource.group else noun
    message = f"Operation cannot be fulfilled on {qualified} {quoted(name)}: {why}"
    return ApiStatus(409, "Conflict", message, details=_details(resource.group, noun, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def forbidden(resource: ResourceType, name: str, why: str, *, subresource: str = "") -> ApiStatus:
    """403: an admission rule or the lack of a right; ``why`` says which."""
    plural = f"{resource.plural}/{subresource}" if subresource else resource.plural
    qualified = f"{plural}.{resource.group}" if resource.group else plural
    subject = f"{qualified} {quoted(name)}" if name else qualified
    return ApiStatus(
        403, "Forbidden", f"{subject} is forbidden: {why}", details=_details(resource.group, resource.plural, name)
    )


def invalid(group: str, kind: str, name: str, problems: list[Problem]) -> ApiStatus:
    """422: the object breaks the rules of its kind; every problem is listed, repeated ones once in the message."""
    texts = list(dict.fromkeys(str(problem) for problem in problems))
    shown = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    causes = [{"reason": p.reason, "message": p.body, "field": p.field} for p in problems]
    qualified = f"{kind}.{group}" if group else kind
    message = f"{qualified} {quoted(name)} is invalid: {shown}"
    return ApiStatus(422, "Invalid", message, details=_details(group, kind, name, causes=causes))


def bad_request(message: str) -> ApiStatus:
    """400: the request itself cannot be understood."""
    return ApiStatus(400, "BadRequest", message)


def unauthorized() -> ApiStatus:
    """401: nobody we know is asking."""
    return ApiStatus(401, "Unauthorized", "Unauthorized")


def method_not_supported() -> ApiStatus:
    """405: nothing answers to this method at this path."""
    message = "the server does not allow this method on the requested resource"
    return ApiStatus(405, "MethodNotAllowed", message, details={})


def expired(message: str) -> ApiStatus:
    """410: that resource version, or that page of a list, is gone."""
    return ApiStatus(410, "Expired", message)


def unknown_path() -> ApiStatus:
    """404: nothing is served at this path."""
    return ApiStatus(404, "NotFound", "the server could not find the requested resource", details={})


class PlainRefusal(ApiStatus):
    """A refusal in plain text: those of the server's outermost layers, which know nothing of Status objects."""


def page_not_found() -> PlainRefusal:
    """404: not even the first part of the path is known."""
    return PlainRefusal(404, "NotFound", "404 page not found\n")


def impersonation_without_user(group: str, uid: str) -> PlainRefusal:
    """500: whose group, or whose uid? The real server shows the object references that it made of the headers."""
    asked = f"{{Group  {group}    }}" if group else f"{{UID  {uid}  authentication.k8s.io/v1  }}"
    return PlainRefusal(500, "InternalError", f"requested [{asked}] without impersonating a user")


def unsupported_media_type(accepted: list[str]) -> ApiStatus:
    """415: the body is in a format this server does not read."""
    message = f"the body of the request was in an unknown format - accepted media types include: {', '.join(accepted)}"
    return ApiStatus(415, "UnsupportedMediaType", message)


def not_acceptable(offered: tuple[str, ...], *, known: bool) -> ApiStatus:
    """406: the client takes no form that this server writes; ``known``: but a format that it knows."""
    if known:
        return ApiStatus(406, "NotAcceptable", f"only the following media types are accepted: {', '.join(offered)}")
    message = f"406: Not Acceptable\n\nAvailable representations: {', '.join(offered)}"
    return ApiStatus(406, "NotAcceptable", message, details={})


def too_large(limit: int) -> ApiStatus:
    """413: the body is larger than etcd would take."""
    return ApiStatus(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def internal_error(why: str) -> ApiStatus:
    """500: our own fault."""
    return ApiStatus(500, "InternalError", f"Internal error occurred: {why}", details={"causes": [{"message": why}]})

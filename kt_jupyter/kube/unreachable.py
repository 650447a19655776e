"""No answer came: say from which address, how long it was tried, why, and what to do.

The libraries below wrap one another's errors, sometimes in groups, and httpcore2 cuts the chain of causes. So the
whole tree is searched for the one error that says something.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpcore2

from kt_jupyter.errors import ClusterUnreachable, OutcomeUnknown
from kt_jupyter.kube.proxies import proxy_for
from kt_jupyter.kube.request import Request
from kt_jupyter.kube.target import Target
from kt_jupyter.kube.transport import WireError

_NO_ERRORS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)  # how OpenSSL says "not yet"
_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN}


def unreachable(target: Target, broken: WireError, *, attempts: int, seconds: float) -> ClusterUnreachable:
    """Return the error for a server that gave no answer."""
    cause, remedy = explain(target, broken)
    tried = f"tried once, for {seconds:.1f} s" if attempts == 1 else f"tried {attempts} times in {seconds:.1f} s"
    return ClusterUnreachable(f"no answer from {_address(target)}: {cause} ({tried}).", remedy=remedy)


def outcome_unknown(target: Target, broken: WireError, request: Request) -> OutcomeUnknown:
    """Return the error for a change that was sent and not answered."""
    cause, _ = explain(target, broken)
    return OutcomeUnknown(
        f"the connection to {_address(target)} broke after `{request.verb}` of {request.what}{request.where} "
        f"had been sent ({cause}): it may or may not have been done.",
        remedy="Look whether it was before you repeat it.",
    )


def may_pass(broken: WireError) -> bool:
    """Whether trying again can help: not where a name or a certificate is wrong, or a proxy says no."""
    for error in _tree(broken.cause):
        if isinstance(error, ssl.SSLCertVerificationError | httpcore2.ProxyError):
            return False
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_AGAIN
        if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
            return False
    return True


def explain(target: Target, broken: WireError) -> tuple[str, str]:
    """Return the cause in words and the way out."""
    errors = [error for error in _tree(broken.cause) if not isinstance(error, _NO_ERRORS)]
    for error in errors:
        if isinstance(error, ssl.SSLError):
            return _tls(target, error)
        if isinstance(error, socket.gaierror):
            host = urlsplit(target.server).hostname
            return (
                f'the name "{host}" is not known to DNS',
                f"Is the VPN on, and is the address of {target.origin or target.name} spelt right?",
            )
        if isinstance(error, httpcore2.ProxyError):
            proxy = urlsplit(proxy_for(target.server, target.proxy_url) or "")
            return (
                f"the proxy {proxy.scheme}://{proxy.hostname}:{proxy.port} answered {error}",
                "It comes from proxy-url in the kubeconfig or from HTTPS_PROXY; NO_PROXY exempts a host from it.",
            )
        if _numbers(error) == {errno.ECONNREFUSED}:
            return (
                "the connection was refused",
                "Is the cluster running? `%kt_cluster show` lists the other contexts, `%kt_cluster local` needs none.",
            )
        if _numbers(error) & _NO_ROUTE:
            return "there is no route to it", "Is the VPN or the network of the cluster on?"
    return _vague(errors)


def _vague(errors: list[BaseException]) -> tuple[str, str]:
    """Explain what has no telling error inside."""
    outer = errors[0]
    if isinstance(outer, httpcore2.ConnectTimeout):
        return (
            "it takes no connection",
            "Is the VPN on, is a firewall in between, is the cluster still there? `%kt_cluster show` lists the others.",
        )
    if isinstance(outer, httpcore2.TimeoutException):
        return "the connection was taken, but no answer came", "The server is overloaded, or a proxy holds the answer."
    for error in errors:
        if isinstance(error, ConnectionResetError | BrokenPipeError | httpcore2.ProtocolError | httpcore2.ReadError):
            return (
                "the connection was closed before the answer was complete",
                "The server is restarting, or a proxy in between gave up: try again.",
            )
    return str(outer) or type(outer).__name__, "Try again; `%kt_cluster doctor` looks closer."


def _tls(target: Target, error: ssl.SSLError) -> tuple[str, str]:
    origin = target.origin or target.name
    if isinstance(error, ssl.SSLCertVerificationError):
        if "ostname mismatch" in error.verify_message or "IP address mismatch" in error.verify_message:
            return (
                f"its TLS certificate is for another name ({error.verify_message.rstrip('.')})",
                f"Correct the address of {origin}, or set tls-server-name there to the certificate's name.",
            )
        return (
            f"its TLS certificate is not trusted ({error.verify_message})",
            f"certificate-authority-data of {origin} is missing or belongs to another cluster: fetch it again.",
        )
    if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST"):
        return "it does not speak TLS", f"If it is meant to, the port is wrong; else write http:// in {origin}."
    if "CERTIFICATE" in (error.reason or ""):
        return (
            f"it refused our client certificate ({error.reason})",
            f"The certificate of {target.identity.origin} has expired or belongs to another cluster: log in again.",
        )
    return f"TLS could not be agreed on ({error.reason or error})", "Is the address really that of an API server?"


def _numbers(error: BaseException) -> set[int]:
    """Return an error's number; asyncio puts those of several addresses into one text."""
    if not isinstance(error, OSError):
        return set()
    return {error.errno} if error.errno else {int(found) for found in re.findall(r"\[Errno (\d+)\]", str(error))}


def _address(target: Target) -> str:
    return f"{target.server} (context {target.context})" if target.context else target.server


def _tree(error: BaseException) -> Iterator[BaseException]:
    """Give an error and every error it was made of, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [argument for argument in found.args if isinstance(argument, BaseException)]
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions
        waiting += [found.__cause__, found.__context__]

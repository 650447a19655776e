"""Which proxy a request goes through: the cluster's ``proxy-url``, else the environment, by Go's rules.

Source: golang.org/x/net/http/httpproxy, which kubectl uses; Python's ``urllib`` differs (no CIDR, proxies localhost).
A loopback address is never proxied; ``NO_PROXY`` takes ``*``, hosts with their subdomains, ``.domain``, addresses,
CIDR ranges, each with an optional port.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from kt_jupyter.errors import ConfigError

_SCHEMES = ("http", "https", "socks5", "socks5h")


def proxy_for(server: str, proxy_url: str = "", environment: Mapping[str, str] | None = None) -> str | None:
    """Return the URL of the proxy to use for a server, or None.

    Args:
        server: The API server's URL.
        proxy_url: The kubeconfig cluster's ``proxy-url``; it beats the environment and ``NO_PROXY``.
        environment: Default: the process's.

    Raises:
        ConfigError: The proxy's address is not one.
    """
    source = "proxy-url"
    proxy = proxy_url
    if not proxy:
        environment = os.environ if environment is None else environment
        parts = urlsplit(server)
        source = "HTTPS_PROXY" if parts.scheme == "https" else "HTTP_PROXY"
        proxy = environment.get(source) or environment.get(source.lower()) or ""
        exempt = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if not proxy or _exempt(parts.hostname or "", port, exempt):
            return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    parts = urlsplit(proxy)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ConfigError(
            f"{source} is “{proxy}”, which is no proxy address.",
            remedy=f"It is written like http://proxy.example.com:3128 (schemes: {', '.join(_SCHEMES)}).",
        )
    return proxy


def _exempt(host: str, port: int, rules: str) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(rule.strip().lower(), host.lower(), port, address) for rule in rules.split(",") if rule.strip())


def _matches(rule: str, host: str, port: int, address: IPv4Address | IPv6Address | None) -> bool:
    if rule == "*":
        return True
    if "/" in rule:
        try:
            return address is not None and address in ip_network(rule, strict=False)
        except ValueError:
            return False
    name, _, wanted = rule.rpartition(":")
    if name and wanted.isdigit() and _address(rule) is None:
        if int(wanted) != port:
            return False
        rule = name.strip("[]")
    if address is not None:
        return _address(rule) == address
    suffix = rule.removeprefix("*")
    return host.endswith(suffix) if suffix.startswith(".") else host == suffix or host.endswith(f".{suffix}")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None

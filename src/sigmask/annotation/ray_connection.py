"""Joining a Ray cluster, or starting one, and telling why that does not work (extra `ray`)."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from sigmask.errors import MissingExtraError, SigmaskError

_ANSWER_SECONDS = 10.0
_HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # and empty settings
_HTTP2_HEADER, _SETTINGS = 9, 4  # bytes of a frame's header, the fourth of which is its type


def import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere unless the user asks for it
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "ray", "annotating on a cluster") from error
    found: ModuleType = ray
    return found


def require_reachable(address: str) -> None:
    """Look whether a gRPC server listens at HOST:PORT, as Ray's do; for any other, and for none, Ray waits minutes.

    "auto" is left to Ray, and a cluster with TLS too.

    Raises:
        SigmaskError: nothing listens there, or something else does.
    """
    match = re.fullmatch(r"(?:ray://)?\[?([^/\]]+?)\]?:(\d+)", address)
    if match is None:
        return
    try:
        with socket.create_connection((match[1], int(match[2])), timeout=_ANSWER_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") == "1" or _speaks_http2(connection):
                return
    except (OSError, OverflowError) as error:
        raise SigmaskError(f"no Ray cluster answers at {address}: {error}") from error
    raise SigmaskError(f"what listens at {address} is no Ray cluster: give the address that 'ray start --head' printed")


def _speaks_http2(connection: socket.socket) -> bool:
    """Whether the other side answers the greeting of HTTP/2, which gRPC is carried by, with its settings."""
    connection.settimeout(_ANSWER_SECONDS)
    answer = b""
    try:
        connection.sendall(_HTTP2_GREETING)
        while len(answer) < _HTTP2_HEADER and (more := connection.recv(_HTTP2_HEADER - len(answer))):
            answer += more
    except OSError:  # silence, or a connection cut off
        return False
    return len(answer) == _HTTP2_HEADER and answer[3] == _SETTINGS


@contextlib.contextmanager
def connected(ray: ModuleType, address: str | None, cores: int) -> Iterator[None]:
    """Join a cluster, or start one that is stopped at the end; a cluster that this process has joined stays.

    Args:
        address: of a running cluster, "auto" for the one that this machine belongs to; None starts one here.
        cores: that the one started here has at least.

    Raises:
        SigmaskError: there is none, or it refuses this machine.
    """
    if ray.is_initialized():
        yield
        return
    settings: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    # it tells users of a cluster of their own process that it is closed to others
    logging.getLogger("ray._private.authentication.authentication_token_setup").setLevel(logging.ERROR)
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        if address is None:
            # "local", since Ray would otherwise join the cluster that RAY_ADDRESS names
            ray.init(address="local", num_cpus=max(os.cpu_count() or 1, cores), include_dashboard=False, **settings)
        else:
            named = os.environ.get("RAY_ADDRESS") if address == "auto" else None
            require_reachable(named or address)
            ray.init(address=address, **settings)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SigmaskError(why_not_connected(address, str(error))) from error
    if on_sigterm is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own would print where every thread stands
    try:
        yield
    finally:
        ray.shutdown()


def why_not_connected(address: str | None, reason: str) -> str:
    """A message for what Ray said."""
    if address is None:
        return f"Ray does not start on this machine: {reason}"
    if "authenticat" in reason.lower() or "token" in reason.lower():
        return (
            f"the Ray cluster at {address} wants a token, and refuses this machine's: put the cluster's own into "
            f"~/.ray/auth_token or RAY_AUTH_TOKEN ({reason})"
        )
    return f"no Ray cluster answers at {address}: {reason}"

"""A TCP or TLS connection of which every step ends by a deadline: resolving the name, connecting, sending, receiving.

A socket's own timeout starts again with each byte, so a peer that sends one byte a second is never late by it. Here the
caller gives a moment of the monotonic clock, and each call gets what is left until then.
"""

import queue
import socket
import ssl
import threading
import time
import weakref
from typing import Any

__all__ = ["ExchangeFailed", "TimedSocket", "reason_of"]

_RECEIVE_BYTES = 16 * 1024
_Address = tuple[Any, ...]
"""What ``socket.getaddrinfo`` returns for one address."""


class ExchangeFailed(Exception):
    """No answer came. The text begins with the cause: name, refused, unreachable, TLS, timeout, closed or protocol.

    ``timed_out`` when the deadline passed first.
    """

    def __init__(self, cause: str, detail: str = "", *, timed_out: bool = False) -> None:
        """Take the cause, and what the system or the library says about it."""
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.timed_out = timed_out


class TimedSocket:
    """One open connection."""

    def __init__(self, connected: socket.socket) -> None:
        """Take a connected socket; it is closed with this, or when this is forgotten."""
        self._socket = connected
        self._close = weakref.finalize(self, connected.close)

    @classmethod
    def open(cls, host: str, port: int, tls: ssl.SSLContext | None, *, deadline: float) -> "TimedSocket":
        """Resolve the name, connect to the first address that answers, and complete the TLS handshake.

        Raises:
            ExchangeFailed: with the step that failed.
        """
        where = f"{host}:{port}"
        try:
            addresses = _resolve(host, port, deadline)
        except TimeoutError:
            raise ExchangeFailed("timeout", f"{host} was not resolved in time", timed_out=True) from None
        except (OSError, UnicodeError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else "it is no valid name"
            raise ExchangeFailed("name", f"{host} cannot be resolved: {reason}") from None
        try:
            connected = _connect(addresses, deadline)
        except TimeoutError:
            raise ExchangeFailed("timeout", f"{where} did not accept the connection in time", timed_out=True) from None
        except ConnectionRefusedError:
            raise ExchangeFailed("refused", f"{where} refused the connection") from None
        except OSError as error:
            raise ExchangeFailed("unreachable", f"{where}: {reason_of(error)}") from None
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                connected.settimeout(_time_left(deadline))
                connected = tls.wrap_socket(connected, server_hostname=host)
        except TimeoutError:
            connected.close()
            raise ExchangeFailed("timeout", f"{where}: no TLS handshake in time", timed_out=True) from None
        except OSError as error:
            connected.close()
            raise ExchangeFailed("TLS", f"{where}: {reason_of(error)}") from None
        return cls(connected)

    def send(self, data: bytes, *, deadline: float) -> None:
        """Send all of it; raises OSError, of which TimeoutError is one."""
        rest = memoryview(data)
        # `sendall` of a TLS socket gives each part the whole timeout again.
        while rest:
            self._socket.settimeout(_time_left(deadline))
            rest = rest[self._socket.send(rest) :]

    def receive(self, *, deadline: float) -> bytes:
        """Return what has come, nothing at the end; raises OSError, of which TimeoutError is one."""
        self._socket.settimeout(_time_left(deadline))
        return self._socket.recv(_RECEIVE_BYTES)

    def is_idle(self) -> bool:
        """Return whether the connection is open and nothing has come that was not read."""
        self._socket.settimeout(0)
        try:
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close it, without waiting for the peer."""
        self._close()


def reason_of(error: OSError) -> str:
    """Return in words what the system, or TLS, says of an error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "it failed").replace("_", " ").lower()
    return error.strerror or type(error).__name__


def _time_left(deadline: float) -> float:
    """Return the seconds until then; raises TimeoutError when it is over, since a socket takes 0 for "do not wait"."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _resolve(host: str, port: int, deadline: float) -> list[_Address]:
    """Resolve the name in a thread: the system's resolver has no timeout, and may take half a minute."""
    results: queue.SimpleQueue[list[_Address] | OSError | UnicodeError] = queue.SimpleQueue()

    def resolve() -> None:
        try:
            results.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=resolve, name="resolve", daemon=True).start()
    try:
        result = results.get(timeout=_time_left(deadline))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, Exception):
        raise result
    return result


def _connect(addresses: list[_Address], deadline: float) -> socket.socket:
    """Connect to the first address that answers; each gets an equal part of the time that is left."""
    failed: OSError = OSError(0, "no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        connecting = socket.socket(family, kind, protocol)
        try:
            connecting.settimeout(_time_left(deadline) / (len(addresses) - number))
            connecting.connect(address)
        except OSError as error:
            connecting.close()
            failed = error
        else:
            return connecting
    raise failed

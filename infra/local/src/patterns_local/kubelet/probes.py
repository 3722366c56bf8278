"""Probes: asking a container again and again whether it has started, lives and is ready."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import httpx2
from lightkube.models.core_v1 import Container, ExecAction, HTTPGetAction, Probe, TCPSocketAction

__all__ = ["Execute", "ask", "watch"]

Execute = Callable[[list[str], float], Awaitable[tuple[int, str]]]
"""Runs a command as the container runs, for so many seconds at most: its exit code and what it printed."""
_SHOWN = 200


async def watch(
    probe: Probe, ask_once: Callable[[], Awaitable[str]], tell: Callable[[bool, str], Awaitable[None]]
) -> None:
    """Ask for ever and tell each time that the answer has changed, thresholds counted.

    Args:
        probe: how often, and how many equal answers make a change.
        ask_once: empty when all is well, else what is wrong.
        tell: whether it is well now, and what is wrong.
    """
    period = float(probe.periodSeconds or 10)
    began, streak, well = time.monotonic(), 0, None
    await asyncio.sleep(float(probe.initialDelaySeconds or 0))
    while True:
        wrong = await ask_once()
        streak = streak + 1 if well == (not wrong) else 1
        well = not wrong
        needed = (probe.failureThreshold or 3) if wrong else (probe.successThreshold or 1)
        if streak == needed:
            await tell(well, wrong)
        # Periods are counted from the start, so that a slow answer does not make them longer.
        await asyncio.sleep(period - (time.monotonic() - began) % period)


async def ask(probe: Probe, container: Container, address: str, execute: Execute) -> str:
    """Ask once; empty when all is well, else what is wrong in one line."""
    seconds = float(probe.timeoutSeconds or 1)
    try:
        async with asyncio.timeout(seconds):
            if probe.httpGet:
                return await _http(probe.httpGet, container, address)
            if probe.tcpSocket:
                return await _tcp(probe.tcpSocket, container, address)
            if probe.exec:
                return await _exec(probe.exec, execute, seconds)
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    return "a kind of probe that is not known here"


async def _http(action: HTTPGetAction, container: Container, address: str) -> str:
    scheme = (action.scheme or "HTTP").lower()
    url = f"{scheme}://{action.host or address}:{_port(action.port, container)}{_path(action.path)}"
    headers = {each.name: each.value for each in action.httpHeaders or ()} | {"User-Agent": "kube-probe/1.36"}
    try:
        # Like a kubelet: certificates are not checked, redirects are not followed.
        async with httpx2.AsyncClient(verify=False, trust_env=False, timeout=None) as client:
            answer = await client.get(url, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return f"Get {url}: {str(error) or type(error).__name__}"
    if HTTPStatus.OK <= answer.status_code < HTTPStatus.BAD_REQUEST:
        return ""
    return f"HTTP probe failed with statuscode: {answer.status_code}"


async def _tcp(action: TCPSocketAction, container: Container, address: str) -> str:
    host, port = action.host or address, _port(action.port, container)
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return f"dial tcp {host}:{port}: {error.strerror or error}"
    writer.close()
    return ""


async def _exec(action: ExecAction, execute: Execute, seconds: float) -> str:
    code, printed = await execute(list(action.command or ()), seconds)
    return "" if code == 0 else f"exit code {code}: {printed[-_SHOWN:]}".strip()


def _port(port: int | str, container: Container) -> int:
    """Return a port by its number or its name among the container's."""
    named = {each.name: each.containerPort for each in container.ports or () if each.name}
    return int(named.get(str(port), port))


def _path(path: str | None) -> str:
    return path if path and path.startswith("/") else f"/{path or ''}"

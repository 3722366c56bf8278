"""Objects of the API server, followed: what is there, then every change, and after an interruption what is there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx2
from lightkube import AsyncClient
from lightkube.resources.core_v1 import Pod

from patterns_local.kubelet.pod_parts import uid_of

__all__ = ["follow_pods"]

_PAUSE_SECONDS = 0.5


async def follow_pods(
    client: AsyncClient,
    fields: Mapping[str, str],
    *,
    present: Callable[[Pod], Awaitable[None]],
    absent: Callable[[str], Awaitable[None]],
) -> None:
    """Follow the pods of all namespaces for ever, through restarts of the API server and expired versions.

    Args:
        client: with the right to list and watch pods.
        fields: field selector.
        present: told of each pod that is there, again after each change, and again after an interruption.
        absent: told the uid of each pod that is not there any more.
    """
    known: set[str] = set()
    while True:
        try:
            listing = client.list(Pod, namespace="*", fields=dict(fields))
            listed = [pod async for pod in listing]
            here = {_uid(pod) for pod in listed}
            for uid in known - here:
                await absent(uid)
            known = here
            for pod in listed:
                await present(pod)
            async for change, pod in client.watch(
                Pod, namespace="*", fields=dict(fields), resource_version=listing.resourceVersion
            ):
                if change == "DELETED":
                    known.discard(_uid(pod))
                    await absent(_uid(pod))
                else:
                    known.add(_uid(pod))
                    await present(pod)
        except httpx2.HTTPError:
            # Gone for a moment, or the version is too old (410): begin again from what is there.
            await asyncio.sleep(_PAUSE_SECONDS)


def _uid(pod: Pod) -> str:
    return uid_of(pod)

"""What a pod refers to: config maps and secrets, and tokens of its service account."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from lightkube import ApiError, AsyncClient
from lightkube.models.authentication_v1 import BoundObjectReference, TokenRequestSpec
from lightkube.models.core_v1 import ServiceAccountTokenProjection
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import ConfigMap, Pod, Secret, ServiceAccountToken

from patterns_local.kubelet.pod_parts import meta_of, namespace_of, spec_of
from patterns_local.kubelet.volumes import data_of

__all__ = ["PodObjects", "as_text", "references_of"]

_DEFAULT_TOKEN_SECONDS = 3600
_RENEWED_AFTER = 0.8
"""Of a token's life; the number that a kubelet uses."""


def references_of(pod: Pod) -> Iterator[tuple[str, str]]:
    """Yield kind and name of each config map and secret that the pod's containers and volumes refer to."""
    for container in (*(spec_of(pod).initContainers or ()), *spec_of(pod).containers):
        for source in container.envFrom or ():
            yield from _named(ConfigMap=source.configMapRef, Secret=source.secretRef)
        for variable in container.env or ():
            if variable.valueFrom:
                yield from _named(ConfigMap=variable.valueFrom.configMapKeyRef, Secret=variable.valueFrom.secretKeyRef)
    for volume in spec_of(pod).volumes or ():
        if volume.secret and volume.secret.secretName:
            yield "Secret", volume.secret.secretName
        yield from _named(ConfigMap=volume.configMap)
        for projection in (volume.projected.sources or ()) if volume.projected else ():
            yield from _named(ConfigMap=projection.configMap, Secret=projection.secret)


def _named(**selected: object) -> Iterator[tuple[str, str]]:
    for kind, each in selected.items():
        name = getattr(each, "name", None)
        if name:
            yield kind, name


@dataclass(slots=True)
class PodObjects:
    """Fetches them, as the node: it may read only what a pod that is bound to it refers to."""

    client: AsyncClient
    pod: Pod
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)

    async def data(self) -> dict[tuple[str, str], dict[str, bytes]]:
        """Return the data of all config maps and secrets that are there, by kind and name.

        Raises:
            ApiError: the API server refuses.
        """
        found: dict[tuple[str, str], dict[str, bytes]] = {}
        for kind, name in set(references_of(self.pod)):
            resource: type[ConfigMap | Secret] = ConfigMap if kind == "ConfigMap" else Secret
            try:
                got = await self.client.get(resource, name, namespace=namespace_of(self.pod))
            except ApiError as error:
                if error.status.code == HTTPStatus.NOT_FOUND:
                    continue
                raise
            found[kind, name] = data_of(got)
        return found

    async def token(self, projection: ServiceAccountTokenProjection) -> str:
        """Return a token of the pod's service account that is bound to the pod, a new one when it gets old.

        Raises:
            ApiError: the API server refuses.
        """
        key = f"{projection.audience}/{projection.path}"
        known = self._tokens.get(key)
        if known and time.time() < known[1]:
            return known[0]
        meta, spec = meta_of(self.pod), spec_of(self.pod)
        seconds = projection.expirationSeconds or _DEFAULT_TOKEN_SECONDS
        bound = BoundObjectReference(apiVersion="v1", kind="Pod", name=meta.name, uid=meta.uid)
        wanted = TokenRequestSpec(
            audiences=[projection.audience] if projection.audience else [],
            boundObjectRef=bound,
            expirationSeconds=seconds,
        )
        account = spec.serviceAccountName or "default"
        asked = ServiceAccountToken(metadata=ObjectMeta(), spec=wanted)
        given = await self.client.create(asked, account, namespace=meta.namespace)
        text = given.status.token if given.status else None
        if text is None:
            raise ValueError(f"the API server gave no token for service account {account}")
        self._tokens[key] = (text, time.time() + seconds * _RENEWED_AFTER)
        return text


def as_text(data: Mapping[tuple[str, str], Mapping[str, bytes]]) -> dict[tuple[str, str], dict[str, str]]:
    """Return the data for variables."""
    return {key: {name: value.decode(errors="replace") for name, value in each.items()} for key, each in data.items()}

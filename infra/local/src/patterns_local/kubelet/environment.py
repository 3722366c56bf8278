"""A container's variables: its own, those of config maps and secrets, and facts about the pod."""

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, Decimal

from lightkube.models.core_v1 import Container, EnvFromSource, EnvVar, ObjectFieldSelector, ResourceFieldSelector
from lightkube.resources.core_v1 import Pod
from lightkube.utils.quantity import parse_quantity

from patterns_local.kubelet.pod_parts import meta_of, spec_of

__all__ = ["NotConfigured", "PodFacts", "Referenced", "expand", "variables_of"]

_REFERENCE = re.compile(r"\$(?:\$|\((?P<name>[^()]+)\))")
_KEYED = re.compile(r"metadata\.(?P<kind>labels|annotations)\['(?P<key>[^']+)'\]$")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

Referenced = Callable[[str, str], Mapping[str, str] | None]
"""From ``ConfigMap`` or ``Secret`` and a name to its data; `None` when there is no such object."""


class NotConfigured(Exception):
    """Something that the container refers to is not there; the text is one line."""


class PodFacts:
    """What a pod may ask about itself (the downward API)."""

    def __init__(self, pod: Pod, *, address: str, node_address: str, allocatable: Mapping[str, str]) -> None:
        """Know the pod.

        Args:
            pod: as the API server has it.
            address: its own address.
            node_address: the node's.
            allocatable: of the node, for resources without a limit.
        """
        self._pod = pod
        self._addresses = {"podIP": address, "podIPs": address, "hostIP": node_address, "hostIPs": node_address}
        self._allocatable = allocatable

    def field(self, selector: ObjectFieldSelector) -> str:
        """Return a field of the pod as text.

        Raises:
            NotConfigured: this field is not known here.
        """
        path, meta, spec = selector.fieldPath, meta_of(self._pod), spec_of(self._pod)
        if keyed := _KEYED.match(path):
            entries = meta.labels if keyed["kind"] == "labels" else meta.annotations
            return str((entries or {}).get(keyed["key"], ""))
        if path in {"metadata.labels", "metadata.annotations"}:
            entries = meta.labels if path.endswith("labels") else meta.annotations
            return "\n".join(f'{key}="{value}"' for key, value in sorted((entries or {}).items()))
        known = {
            "metadata.name": meta.name,
            "metadata.namespace": meta.namespace,
            "metadata.uid": meta.uid,
            "spec.nodeName": spec.nodeName,
            "spec.serviceAccountName": spec.serviceAccountName,
            **{f"status.{name}": address for name, address in self._addresses.items()},
        }
        if path not in known:
            raise NotConfigured(f"fieldPath {path} is not known here")
        return known[path] or ""

    def resource(self, selector: ResourceFieldSelector, container: Container | None) -> str:
        """Return a limit or request in units of the divisor, rounded up.

        Raises:
            NotConfigured: the container or the resource is not known.
        """
        if selector.containerName:
            named = [each for each in spec_of(self._pod).containers if each.name == selector.containerName]
            container = named[0] if named else None
        kind, _, resource = selector.resource.partition(".")
        given = (container and container.resources and getattr(container.resources, kind, None)) or {}
        value = given.get(resource) or self._allocatable.get(resource)
        if container is None or kind not in {"limits", "requests"} or value is None:
            raise NotConfigured(f"resource {selector.resource} is not known here")
        amount = parse_quantity(value) or Decimal(0)
        divisor = parse_quantity(str(selector.divisor or "1")) or Decimal(1)
        return str(int((amount / divisor).to_integral_value(rounding=ROUND_CEILING)))


def variables_of(container: Container, facts: PodFacts, referenced: Referenced) -> dict[str, str]:
    """Return the container's variables: envFrom first, then env, each seeing those before it.

    Raises:
        NotConfigured: a config map, a secret or a key of it is missing and not optional.
    """
    found: dict[str, str] = {}
    for source in container.envFrom or ():
        found |= _all_of(source, referenced)
    for variable in container.env or ():
        value = _value(variable, container, facts, referenced)
        if value is not None:
            found[variable.name] = expand(value, found) if variable.valueFrom is None else value
    return found


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace ``$(NAME)`` by the variable's value; unknown names stay, and ``$$`` is a dollar sign."""

    def one(match: re.Match[str]) -> str:
        name = match["name"]
        return "$" if name is None else variables.get(name, match[0])

    return _REFERENCE.sub(one, text)


def _all_of(source: EnvFromSource, referenced: Referenced) -> dict[str, str]:
    selected = source.configMapRef or source.secretRef
    if selected is None:
        return {}
    kind = "ConfigMap" if source.configMapRef else "Secret"
    data = referenced(kind, selected.name or "")
    if data is None:
        if selected.optional:
            return {}
        raise NotConfigured(f'{kind.lower()} "{selected.name}" not found')
    named = {f"{source.prefix or ''}{key}": value for key, value in data.items()}
    return {name: value for name, value in named.items() if _VARIABLE.fullmatch(name)}


def _value(variable: EnvVar, container: Container, facts: PodFacts, referenced: Referenced) -> str | None:
    source = variable.valueFrom
    if source is None:
        return variable.value or ""
    if source.fieldRef:
        return facts.field(source.fieldRef)
    if source.resourceFieldRef:
        return facts.resource(source.resourceFieldRef, container)
    selected = source.configMapKeyRef or source.secretKeyRef
    if selected is None:
        raise NotConfigured(f"variable {variable.name} has a source that is not known here")
    kind = "ConfigMap" if source.configMapKeyRef else "Secret"
    data = referenced(kind, selected.name or "")
    value = None if data is None else data.get(selected.key)
    if value is None and not selected.optional:
        what = "" if data is None else f'key "{selected.key}" in '
        raise NotConfigured(f'{what}{kind.lower()} "{selected.name}" not found')
    return value

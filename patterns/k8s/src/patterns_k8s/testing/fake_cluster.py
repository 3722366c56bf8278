"""A cluster in a dictionary, for tests of what the operator decides."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import count
from typing import Any

from patterns_k8s.operator.api.answers import Conflict, Gone
from patterns_k8s.operator.desired.processor import Manifest

__all__ = ["FakeCluster"]


class FakeCluster:
    """Keeps ``objects`` by kind and name, and notes every request in ``asked``.

    ``fail`` is called with the verb and the kind before each request; what it raises is what the request raises.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.asked: list[tuple[str, str]] = []
        self.fail: Callable[[str, str], None] = lambda _verb, _kind: None
        self.terminating: set[str] = set()
        """Namespaces that are being deleted."""
        self._versions = count(1)

    async def get(self, reference: Mapping[str, Any]) -> Manifest:
        """Return the object."""
        key = self._note("get", reference)
        if key not in self.objects:
            raise Gone(f"GET {key}", "not found")
        return {"kind": key[0], **deepcopy(self.objects[key])}

    async def apply(self, manifest: Manifest, *, uid: str = "") -> Manifest:
        """Merge the manifest into the object of this uid, or make it."""
        key = self._note("apply", manifest)
        before = self.objects.get(key)
        if uid != (before or {"metadata": {}})["metadata"].get("uid", ""):
            raise Conflict(f"PATCH {key}", "another object")
        after = _merged(before or {}, manifest)
        if after != before:
            self._keep(key, after, spec_changed=(before or {}).get("spec") != after.get("spec"))
        return deepcopy(self.objects[key])

    async def create(self, manifest: Manifest) -> Manifest:
        """Keep the object if there is none."""
        key = self._note("create", manifest)
        if key in self.objects:
            raise Conflict(f"POST {key}", "already exists")
        self._keep(key, deepcopy(manifest), spec_changed=True)
        return deepcopy(self.objects[key])

    async def merge(self, reference: Manifest, change: Mapping[str, Any], *, part: str = "") -> Manifest:
        """Change the object."""
        key = self._note(f"merge{part}", reference)
        if key not in self.objects:
            raise Gone(f"PATCH {key}", "not found")
        _check(key, self.objects[key], change.get("metadata", {}))
        if part == "/scale":
            change = {"spec": {"workers": change["spec"]["replicas"]}}
        if _merged(self.objects[key], change) != self.objects[key]:
            self.edit(*key, change)
        return deepcopy(self.objects[key])

    def edit(self, kind: str, name: str, change: Mapping[str, Any]) -> None:
        """Change an object as another client does; that is no request of the operator's."""
        before = self.objects[kind, name]
        after = _merged(before, change)
        self._keep((kind, name), after, spec_changed=before.get("spec") != after.get("spec"))

    async def delete(self, reference: Manifest, *, version: str) -> None:
        """Forget the object."""
        key = self._note("delete", reference)
        if key in self.objects:
            _check(key, self.objects[key], {"resourceVersion": version})
            del self.objects[key]

    async def is_terminating(self, namespace: str) -> bool:
        """Return whether the namespace is being deleted."""
        self.asked.append(("get", "Namespace"))
        self.fail("get", "Namespace")
        return namespace in self.terminating

    async def list_pods(self, namespace: str, labels: Mapping[str, str]) -> list[Manifest]:
        """Return the pods with these labels."""
        self.asked.append(("list", "Pod"))
        self.fail("list", "Pod")
        pods = (body for (kind, _), body in self.objects.items() if kind == "Pod")
        return [
            deepcopy(body)
            for body in pods
            if body["metadata"]["namespace"] == namespace and labels.items() <= body["metadata"]["labels"].items()
        ]

    async def count_pods(self, namespace: str, labels: Mapping[str, str], *, account: str = "") -> int:
        """Count the pods with these labels, and this account if one is named."""
        self.asked.append(("count", "Pod"))
        self.fail("count", "Pod")
        pods = [each for (kind, _), each in self.objects.items() if kind == "Pod"]
        return sum(
            each["metadata"]["namespace"] == namespace
            and labels.items() <= each["metadata"].get("labels", {}).items()
            and account in {"", each.get("spec", {}).get("serviceAccountName")}
            and each.get("status", {}).get("phase") not in {"Succeeded", "Failed"}
            for each in pods
        )

    def _note(self, verb: str, manifest: Mapping[str, Any]) -> tuple[str, str]:
        self.asked.append((verb, manifest["kind"]))
        self.fail(verb, manifest["kind"])
        return manifest["kind"], manifest["metadata"]["name"]

    def _keep(self, key: tuple[str, str], body: Manifest, *, spec_changed: bool) -> None:
        metadata = body["metadata"]
        metadata.setdefault("uid", f"uid-of-{next(self._versions)}")
        metadata["resourceVersion"] = str(next(self._versions))
        metadata["generation"] = metadata.get("generation", 0) + spec_changed
        self.objects[key] = body


def _check(key: tuple[str, str], body: Manifest, meant: Mapping[str, Any]) -> None:
    """Refuse a request that is about another object, or about what this one was before."""
    named = {name: value for name, value in meant.items() if name in {"uid", "resourceVersion"}}
    if not named.items() <= body["metadata"].items():
        raise Conflict(str(key), "another object, or changed")


def _merged(old: Any, new: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the old value with the new one merged in, as RFC 7396 says."""
    if not isinstance(new, Mapping):
        return deepcopy(new)
    merged = deepcopy(dict(old)) if isinstance(old, Mapping) else {}
    for name, value in new.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged

"""The demo's hand in a cluster: stock kubectl, each command shown before it runs."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from patterns_cli.demo.scene import Scene, eventually
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_infra.kubernetes_names import OPERATOR, OPERATOR_NAMESPACE

__all__ = ["ClusterView"]

_PROCESSORS = "orderprocessors.patterns.example.com"


class ClusterView:
    """One namespace of the deployed cluster."""

    def __init__(self, scene: Scene) -> None:
        """Look at the cluster that the pattern published."""
        self._scene = scene
        kubeconfig = Path(scene.outputs["kubeconfig"])
        self._kubectl = Kubectl(kubeconfig, dict(os.environ))
        self._namespace = f"--namespace={scene.outputs['namespace']}"
        self._files = kubeconfig.parent / "kubernetes" / "demo"

    async def show(self, *words: str, seconds: float = 60.0) -> str:
        """Run a command for everybody to see, and show what it printed."""
        self._scene.progress.say(f"$ kubectl {' '.join(words)}")
        printed = await asyncio.to_thread(lambda: self._kubectl.run(*words, self._namespace, seconds=seconds))
        for line in printed.splitlines():
            self._scene.progress.say(f"  {line}")
        return printed

    async def apply(self, name: str, manifest: Mapping[str, Any]) -> None:
        """Apply a manifest from a file, which stays there to be applied again."""
        self._files.mkdir(parents=True, exist_ok=True)
        path = self._files / f"{name}.json"
        path.write_text(json.dumps(manifest, indent=2) + "\n")
        await self.show("apply", f"--filename={path}")

    async def refused(self, name: str, manifest: Mapping[str, Any]) -> str:
        """Apply what must be refused, and return why it was; empty when it was taken."""
        try:
            await self.apply(name, manifest)
        except KubectlFailed as failed:
            why = f"{failed.args[0]} {failed.detail}".strip()
            self._scene.progress.say(f"  {why}")
            return why
        return ""

    async def get(self, *words: str) -> dict[str, Any] | None:
        """Return an object, or ``None``."""
        return await asyncio.to_thread(lambda: self._kubectl.get(*words, self._namespace))

    async def names(self, *words: str) -> set[str]:
        """Return what there is as ``Kind/name``."""
        found = await asyncio.to_thread(lambda: self._kubectl.items(*words, self._namespace))
        return {f"{each['kind']}/{each['metadata']['name']}" for each in found}

    async def worker_pods(self) -> set[str]:
        """Return the workers' pods as ``Pod/name``."""
        return await self.names("pods", "--selector=app.kubernetes.io/name=order-worker")

    async def operator_image(self) -> str:
        """Return the image that the operator runs, which is the workers', too."""
        where = f"--namespace={OPERATOR_NAMESPACE}"
        found = await asyncio.to_thread(lambda: self._kubectl.get("deployment", OPERATOR, where))
        return str(found["spec"]["template"]["spec"]["containers"][0]["image"]) if found else ""

    async def processor(self, name: str) -> dict[str, Any]:
        """Return an OrderProcessor's status; empty while it has none."""
        found = await self.get(_PROCESSORS, name)
        return dict(found.get("status", {})) if found else {}

    async def condition(self, name: str, kind: str, *, until: str, seconds: float = 60.0) -> str:
        """Return ``status reason`` of a condition, waiting until it begins with ``until``."""

        async def look() -> str:
            status = await self.processor(name)
            for each in status.get("conditions", ()):
                if each["type"] == kind:
                    return f"{each['status']} {each['reason']}"
            return "not told yet"

        return await eventually(look, until=lambda seen: seen.startswith(until), seconds=seconds)

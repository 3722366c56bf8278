"""The node as a program: ``python -m patterns_local.kubelet``; the control plane starts and ends it."""

import argparse
import asyncio
import sys
from pathlib import Path

from lightkube import AsyncClient, KubeConfig

from patterns_deploy.ports import HOST
from patterns_local.control_plane.identities import NODE, Identities
from patterns_local.kubelet.agent import Agent
from patterns_local.kubelet.capacity import ALLOCATABLE
from patterns_local.kubelet.events import Events
from patterns_local.kubelet.kubelet_api import create_app, serving
from patterns_local.kubelet.launch import Launch
from patterns_local.kubelet.leftovers import end_leftovers
from patterns_local.kubelet.node import LocalNode
from patterns_local.kubelet.pod import NodeFacts
from patterns_local.kubelet.pod_identity import PodIdentity

__all__: list[str] = []


def main() -> int:
    """Run the node until a signal comes; its pods are tethered to it, and begin when nothing of another's is left."""
    parser = argparse.ArgumentParser()
    for name in ("--identities", "--images", "--folder"):
        parser.add_argument(name, type=Path, required=True)
    for name in ("--port", "--identity-port"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--aws-endpoint", default="")
    parser.add_argument("--server", required=True)
    parser.add_argument("--version", required=True)
    chosen = parser.parse_args()
    end_leftovers(chosen.folder)
    asyncio.run(_run(chosen))
    return 0


async def _run(chosen: argparse.Namespace) -> None:
    identities = Identities(chosen.identities)
    as_node = AsyncClient(config=KubeConfig.from_file(identities.kubeconfig("kubelet")), trust_env=False)
    identity = PodIdentity(chosen.aws_endpoint, chosen.folder / "tokens", chosen.identity_port)
    host, _, port = chosen.server.removeprefix("https://").partition(":")
    variables = {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    facts = NodeFacts(
        client=as_node,
        launch=Launch(chosen.images, variables, chosen.server),
        events=Events(as_node, "kubelet", NODE),
        address=HOST,
        allocatable=ALLOCATABLE,
        folder=chosen.folder,
        identity=identity.variables,
    )
    agent = Agent(NODE, facts, identity.forget)
    node = LocalNode(as_node, NODE, address=HOST, port=chosen.port, version=chosen.version)
    servers = [serving(create_app(agent), identities, chosen.port), identity.server()]
    async with asyncio.TaskGroup() as tasks:
        for work in (node.run(), agent.run(), *(each.serve() for each in servers)):
            tasks.create_task(work)


if __name__ == "__main__":
    sys.exit(main())

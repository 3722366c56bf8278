"""The control plane is Kubernetes itself: it authenticates, authorizes, admits, and survives its own parts."""

import base64
import json
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process, command_of, processes_with

Namespace = Any
Make = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.integration

RESOURCE = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "pumps.test.example.com"},
    "spec": {
        "group": "test.example.com",
        "scope": "Namespaced",
        "names": {"plural": "pumps", "singular": "pump", "kind": "Pump"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {"least": {"type": "integer"}, "most": {"type": "integer", "default": 5}},
                                "x-kubernetes-validations": [
                                    {"rule": "self.least <= self.most", "message": "least is more than most"}
                                ],
                            }
                        },
                    }
                },
            }
        ],
    },
}


def _server(cluster: LocalFolder) -> str:
    address: str = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    return address


def _process(name: str, cluster: LocalFolder, module: str = "") -> int:
    """Return the process of one of the cluster's programs, found by its certificates' folder."""
    for folder in Path("/proc").iterdir():
        command = command_of(int(folder.name)) if folder.name.isdigit() else ""
        if (
            command.partition(" ")[0].endswith(f"/{name}")
            and str(cluster.control_plane) in command
            and module in command
            and "tether.py" not in command
        ):
            return int(folder.name)
    raise AssertionError(f"{name} does not run")


def test_it_is_the_pinned_release(namespace: Namespace, cluster: LocalFolder) -> None:
    """As go.mod says, and as the programs themselves say, the node's included."""
    wanted = re.search(r"k8s.io/kubernetes (v\S+)", (cluster.control_plane_project / "go.mod").read_text())
    assert wanted
    said = json.loads(namespace.kubectl("version", "--output=json"))
    assert said["serverVersion"]["gitVersion"] == wanted[1]
    assert namespace.get("nodes")["items"][0]["status"]["nodeInfo"]["kubeletVersion"] == wanted[1]


def test_a_service_account_may_do_only_what_a_role_allows(namespace: Namespace) -> None:
    """RBAC is on: the refusal names who wanted what, and the same call succeeds once it is allowed."""
    namespace.kubectl("create", "serviceaccount", "reader")
    who = f"--as=system:serviceaccount:{namespace.name}:reader"
    refused = namespace.kubectl("get", "configmaps", who, fails=True)
    assert f'"system:serviceaccount:{namespace.name}:reader" cannot list resource "configmaps"' in refused
    namespace.kubectl("create", "role", "read", "--verb=list", "--resource=configmaps")
    namespace.kubectl("create", "rolebinding", "read", "--role=read", f"--serviceaccount={namespace.name}:reader")
    assert "kube-root-ca.crt" in namespace.eventually(lambda: namespace.kubectl("get", "configmaps", who))


def test_nobody_gets_in_without_a_certificate_or_a_token(cluster: LocalFolder) -> None:
    """TLS, and no anonymous requests."""
    config = json.loads(cluster.kubeconfig.read_text())
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{_server(cluster)}/api/v1/namespaces", context=context, timeout=10)  # noqa: S310 - our own server
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(_server(cluster).replace("https", "http"), timeout=10)  # noqa: S310 - our own server
    assert _server(cluster).startswith("https://127.0.0.1:")


def test_keys_can_be_read_by_their_owner_only(cluster: LocalFolder) -> None:
    """Whoever can read the kubeconfig is the cluster's administrator."""
    assert cluster.kubeconfig.stat().st_mode & 0o077 == 0
    keys = list((cluster.control_plane / "identities").iterdir())
    assert len(keys) > 10
    assert {path.name for path in keys if path.stat().st_mode & 0o077} == set()


def test_rules_of_a_custom_resource_are_enforced(namespace: Namespace) -> None:
    """CEL, defaults and types, before anything is stored."""
    namespace.apply(RESOURCE)
    namespace.kubectl("wait", "--for=condition=Established", "crd/pumps.test.example.com", "--timeout=60s")
    pump = {"apiVersion": "test.example.com/v1", "kind": "Pump", "metadata": {"name": "one"}, "spec": {"least": 3}}
    assert namespace.eventually(lambda: "pumps" in namespace.kubectl("api-resources", "--api-group=test.example.com"))
    namespace.apply(pump)
    assert namespace.get("pumps", "one")["spec"] == {"least": 3, "most": 5}
    wrong = json.dumps(pump | {"spec": {"least": 9}})
    assert "least is more than most" in namespace.kubectl("apply", "-f", "-", given=wrong, fails=True)
    wrong = json.dumps(pump | {"spec": {"least": "many"}})
    assert "spec.least" in namespace.kubectl("apply", "-f", "-", given=wrong, fails=True)


def test_what_cannot_be_kept_is_accepted_with_a_warning(namespace: Namespace) -> None:
    """A NetworkPolicy is stored, and whoever applies it reads that nothing enforces it; a Service likewise."""
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "closed"},
        "spec": {"podSelector": {}},
    }
    printed = namespace.apply(policy)
    assert "Warning" in printed
    assert "not enforced here: pods are processes of this machine" in printed
    assert namespace.get("networkpolicies", "closed")["spec"]["podSelector"] == {}
    assert "leads nowhere here" in namespace.kubectl("create", "service", "clusterip", "web", "--tcp=80")
    outside = namespace.kubectl("create", "service", "externalname", "out", "--external-name=example.com")
    assert "Warning" not in outside


def test_what_a_program_asked_for_is_in_the_audit_log(namespace: Namespace, cluster: LocalFolder) -> None:
    """One line a request, with who, what and the answer, so that a role can be compared with what is used."""
    namespace.kubectl("get", "secrets", "--as=system:serviceaccount:test:operator", fails=True)
    lines = (cluster.kubernetes_logs / "audit.log").read_text().splitlines()
    events = [json.loads(line) for line in lines if '"system:serviceaccount:test:operator"' in line]
    seen = events[-1]
    assert (seen["verb"], seen["objectRef"]["resource"], seen["objectRef"]["namespace"]) == (
        "list",
        "secrets",
        namespace.name,
    )
    assert seen["responseStatus"]["code"] == 403


@pytest.mark.parametrize("name", ["kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler"])
def test_a_part_that_is_killed_comes_back_and_nothing_is_lost(
    namespace: Namespace, cluster: LocalFolder, deployment: Make, name: str
) -> None:
    """Under the same address, with the data; and pods run on, untouched."""
    namespace.apply(deployment())
    pod = namespace.ready(1, app="web")[0]
    killed = _process(name, cluster)
    os.kill(killed, SIGKILL)
    assert namespace.eventually(lambda: _other(name, cluster, killed))
    assert namespace.eventually(lambda: _answers(namespace), 60.0)
    namespace.kubectl("scale", "deployment/web", "--replicas=2")
    pods = namespace.ready(2, app="web")
    assert pod["metadata"]["uid"] in {each["metadata"]["uid"] for each in pods}
    assert {each["status"]["containerStatuses"][0]["restartCount"] for each in pods} == {0}


def _other(name: str, cluster: LocalFolder, killed: int, module: str = "") -> bool:
    try:
        return _process(name, cluster, module) != killed
    except AssertionError:
        return False


def _answers(namespace: Namespace) -> bool:
    try:
        return "ok" in namespace.kubectl("get", "--raw=/readyz")
    except AssertionError:
        return False


def test_a_node_that_is_killed_comes_back_and_runs_its_pods_again(
    namespace: Namespace, cluster: LocalFolder, deployment: Make, job: Make
) -> None:
    """Its processes ended with it: a service is started again, a job that runs once has failed, nothing runs twice."""
    namespace.apply(deployment(), job("once", "stubborn"))
    namespace.ready(2)
    killed = _process("python", cluster, "patterns_local.kubelet")
    os.kill(killed, SIGKILL)
    namespace.kubectl("wait", "--for=condition=Failed", "job/once", "--timeout=60s")
    pod = namespace.eventually(lambda: [x for x in namespace.pods(app="web") if _restarts(x) == 1])[0]
    namespace.kubectl("wait", "--for=condition=Ready", f"pod/{pod['metadata']['name']}", "--timeout=60s")
    assert namespace.eventually(lambda: "serve in pod" in namespace.kubectl("logs", "deployment/web"))
    namespace.kubectl("delete", "deployment/web", "--timeout=60s")


@pytest.mark.parametrize("victims", ["kubelet", "kubelet and tethers"])
def test_a_node_that_is_killed_while_pods_start_leaves_nothing_of_them(
    namespace: Namespace, cluster: LocalFolder, deployment: Make, family: Sequence[str], victims: str
) -> None:
    """Neither children nor what has a session of its own, when the next node begins; then all pods come up."""
    namespace.apply(deployment(replicas=6, container={"command": family}, terminationGracePeriodSeconds=1))
    assert namespace.eventually(lambda: len(_of_pods(cluster)) > len(family))
    killed = _process("python", cluster, "patterns_local.kubelet")
    tethers = [each.pid for each in _of_pods(cluster) if "tether.py" in command_of(each.pid)]
    for pid in (*(tethers if "tethers" in victims else ()), killed):
        with suppress(ProcessLookupError):
            os.kill(pid, SIGKILL)
    assert namespace.eventually(lambda: _other("python", cluster, killed, "patterns_local.kubelet"))
    following = Process.of(_process("python", cluster, "patterns_local.kubelet"))
    namespace.ready(6, app="web")
    assert following
    assert [each for each in _of_pods(cluster) if int(each.started) < int(following.started)] == []


def _of_pods(cluster: LocalFolder) -> list[Process]:
    """Return all processes of pods, by the folder that their environment names."""
    return processes_with(f"{cluster.pods}/")


def _restarts(pod: dict[str, Any]) -> int:
    count: int = pod["status"]["containerStatuses"][0]["restartCount"]
    return count

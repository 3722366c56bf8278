"""Pods are processes of this machine, and behave as pods do."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from patterns_deploy.processes import command_of

Namespace = Any
Make = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.integration

SOON = {"periodSeconds": 1, "timeoutSeconds": 5}


def _call(pod: dict[str, Any], path: str) -> None:
    urllib.request.urlopen(f"http://{pod['status']['podIP']}:8080{path}", timeout=5).close()


def _states(pod: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = pod["status"]["containerStatuses"][0]
    return state


def test_a_deployment_runs_and_is_scaled_up_and_down(namespace: Namespace, deployment: Make) -> None:
    """Each pod has an address of its own, so that all can listen on the same port."""
    namespace.apply(
        deployment(replicas=2, container={"readinessProbe": {"httpGet": {"path": "/", "port": "http"}} | SOON})
    )
    pods = namespace.ready(2, app="web")
    assert len({pod["status"]["podIP"] for pod in pods}) == 2
    namespace.kubectl("scale", "deployment/web", "--replicas=4")
    for pod in namespace.ready(4, app="web"):
        _call(pod, "/")
    namespace.kubectl("scale", "deployment/web", "--replicas=1")
    namespace.ready(1, app="web")


def test_what_it_prints_can_be_read(namespace: Namespace, deployment: Make) -> None:
    """With stock kubectl, through the API server."""
    namespace.apply(deployment())
    name = namespace.ready(1, app="web")[0]["metadata"]["name"]
    assert namespace.eventually(lambda: _printed(namespace, "deployment/web", "\n")) == f"serve in pod {name}\n"
    stamped = namespace.kubectl("logs", name, "--timestamps", "--tail=1")
    assert stamped.endswith(f"Z serve in pod {name}\n")
    assert stamped.startswith("20")


def test_a_crashed_container_is_started_again_with_growing_pauses(namespace: Namespace, job: Make) -> None:
    """At once the first time; then it waits, and says so."""
    failing = job("x", "exit", "3")["spec"]["template"]["spec"] | {"restartPolicy": "Always"}
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "crash"}, "spec": failing})

    def waits() -> Any:  # noqa: ANN401 - a manifest
        status = (namespace.get("pod", "crash")["status"].get("containerStatuses") or [{}])[0]
        return status if status.get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff" else None

    status = namespace.eventually(waits)
    assert status["restartCount"] >= 1
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert "back-off" in status["state"]["waiting"]["message"]


def test_a_server_that_crashes_comes_back(namespace: Namespace, deployment: Make) -> None:
    """Under the same address; what it printed before can still be read."""
    namespace.apply(deployment(container={"readinessProbe": {"tcpSocket": {"port": 8080}} | SOON}))
    pod = namespace.ready(1, app="web")[0]
    with pytest.raises(OSError, match=r"closed|reset|remote"):
        _call(pod, "/crash")
    assert namespace.eventually(lambda: _states(namespace.pods()[0])["restartCount"] == 1)
    assert namespace.ready(1, app="web")[0]["status"]["podIP"] == pod["status"]["podIP"]
    ended = _states(namespace.pods()[0])["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (7, "Error")
    assert "serve in pod" in namespace.kubectl("logs", pod["metadata"]["name"], "--previous")


def test_an_ending_pod_may_finish_what_it_holds(namespace: Namespace, deployment: Make) -> None:
    """SIGTERM first; its last words are read while it ends."""
    namespace.apply(deployment(container={"readinessProbe": {"tcpSocket": {"port": 8080}} | SOON}))
    name = namespace.ready(1, app="web")[0]["metadata"]["name"]
    uid = namespace.pods()[0]["metadata"]["uid"]
    with namespace.following("logs", "--follow", name) as printed:
        assert "serve in pod" in printed.readline()
        namespace.kubectl("delete", "deployment/web", "--wait=false")
        assert printed.read().splitlines()[-2:] == ["finishing", "finished"]
    namespace.kubectl("wait", "--for=delete", f"pod/{name}", "--timeout=60s")
    assert not _processes_of(uid)


def _printed(namespace: Namespace, pod: str, word: str) -> str:
    try:
        printed: str = namespace.kubectl("logs", pod)
    except AssertionError:
        return ""  # not bound yet, or not started
    return printed if word in printed else ""


def test_a_pod_that_does_not_end_is_killed_when_its_grace_is_over(namespace: Namespace, job: Make) -> None:
    """Nothing of it is left."""
    namespace.apply(job("stubborn", "stubborn", terminationGracePeriodSeconds=1))
    pod = namespace.ready(1)[0]
    assert namespace.eventually(lambda: _printed(namespace, pod["metadata"]["name"], "ready"))
    assert _processes_of(pod["metadata"]["uid"])
    namespace.kubectl("delete", "job/stubborn", "--timeout=60s")
    namespace.kubectl("wait", "--for=delete", f"pod/{pod['metadata']['name']}", "--timeout=60s")
    assert not _processes_of(pod["metadata"]["uid"])


@pytest.mark.parametrize("again", [("--grace-period=1",), ("--grace-period=0", "--force")])
def test_an_ending_pod_can_be_hurried(namespace: Namespace, job: Make, again: tuple[str, ...]) -> None:
    """A second deletion with less grace ends it, where the first would have let it run for an hour."""
    spec = job("", "stubborn", terminationGracePeriodSeconds=3600)["spec"]["template"]["spec"]
    uid = _being_deleted(namespace, "slow", spec, lambda _: bool(_printed(namespace, "slow", "not yet")))
    namespace.kubectl("delete", "pod/slow", "--grace-period=1800", "--wait=false")
    assert _processes_of(uid)
    namespace.kubectl("delete", "pod/slow", *again, "--timeout=30s")
    assert namespace.eventually(lambda: not _processes_of(uid))


@pytest.mark.parametrize("again", [("--grace-period=1",), ("--grace-period=0", "--force")])
def test_a_hook_of_an_ending_pod_is_hurried_too(namespace: Namespace, job: Make, again: tuple[str, ...]) -> None:
    """Its share of the grace becomes less, and the container's with it."""
    hook = {"preStop": {"exec": {"command": ["sleep", "3600"]}}}
    spec = job("", "stubborn", container={"lifecycle": hook}, terminationGracePeriodSeconds=3600)
    uid = _being_deleted(namespace, "held", spec["spec"]["template"]["spec"], lambda uid: _runs(uid, "sleep 3600"))
    namespace.kubectl("delete", "pod/held", *again, "--timeout=30s")
    assert namespace.eventually(lambda: not _processes_of(uid))


def _being_deleted(namespace: Namespace, name: str, spec: dict[str, Any], noticed: Callable[[str], bool]) -> str:
    """Run a pod, delete it, wait until the node has begun to end it, and return its uid."""
    namespace.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    assert namespace.eventually(lambda: _printed(namespace, name, "ready"))
    uid: str = namespace.get("pod", name)["metadata"]["uid"]
    namespace.kubectl("delete", f"pod/{name}", "--wait=false")
    assert namespace.eventually(lambda: noticed(uid))
    return uid


def _runs(uid: str, command: str) -> bool:
    return any(command_of(pid).startswith(command) for pid in _processes_of(uid))


def _processes_of(uid: str) -> list[int]:
    """Return the processes whose environment names the pod's folder."""
    from pathlib import Path  # noqa: PLC0415 - Linux only

    found = []
    for folder in Path("/proc").iterdir():
        try:
            environment = (folder / "environ").read_bytes() if folder.name.isdigit() else b""
        except OSError:
            continue
        if uid.encode() in environment and command_of(int(folder.name)):
            found.append(int(folder.name))
    return found


def test_a_job_succeeds_and_another_fails(namespace: Namespace, job: Make) -> None:
    """By the exit code."""
    namespace.apply(job("good", "exit", "0"), job("bad", "exit", "4"))
    namespace.kubectl("wait", "--for=condition=Complete", "job/good", "--timeout=60s")
    namespace.kubectl("wait", "--for=condition=Failed", "job/bad", "--timeout=60s")
    pod = namespace.get("pods", **{"job-name": "bad"})["items"][0]
    assert pod["status"]["phase"] == "Failed"
    assert _states(pod)["state"]["terminated"]["exitCode"] == 4


def test_a_container_gets_what_its_manifest_says(namespace: Namespace, job: Make) -> None:
    """Variables from everywhere, files of volumes, and what every pod finds of its cluster."""
    env = [
        {"name": "PLAIN", "value": "a $(FROM_SECRET) $$(X) $(UNKNOWN)"},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "TIER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['job-name']"}}},
        {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "CONFIG", "value": "/etc/shop/greeting"},
        {"name": "NOTHING", "valueFrom": {"secretKeyRef": {"name": "none", "key": "x", "optional": True}}},
    ]
    container = {
        "env": [{"name": "FROM_SECRET", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "one"}}}, *env],
        "envFrom": [{"configMapRef": {"name": "settings"}, "prefix": "SET_"}],
        "resources": {"limits": {"memory": "100Mi"}},
        "volumeMounts": [{"name": "shop", "mountPath": "/etc/shop"}, {"name": "own", "mountPath": "/cache"}],
    }
    volumes = [{"name": "shop", "configMap": {"name": "settings"}}, {"name": "own", "emptyDir": {}}]
    namespace.apply(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": {"one": "1"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"greeting": "hello"}},
        job("show", "show", "/etc/shop/greeting", container=container, volumes=volumes),
    )
    namespace.kubectl("wait", "--for=condition=Complete", "job/show", "--timeout=60s")
    shown = json.loads(namespace.kubectl("logs", "job/show").splitlines()[1])
    environment = shown["environment"]
    assert environment["PLAIN"] == "a 1 $(X) $(UNKNOWN)"
    assert environment["NODE"] == "patterns-local"
    assert environment["TIER"] == "show"
    assert environment["LIMIT"] == "100"
    assert environment["SET_greeting"] == "hello"
    assert environment["FROM_IMAGE"] == "yes"
    assert "NOTHING" not in environment
    assert list(shown["files"].values()) == ["hello"]
    assert environment["CONFIG"] == shown["arguments"][0] != "/etc/shop/greeting"
    assert {"KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG"} <= set(environment)
    assert not {"VIRTUAL_ENV", "HOSTTYPE", "PYTEST_CURRENT_TEST"} & set(environment)


def test_init_containers_run_first_and_a_failed_one_ends_the_pod(namespace: Namespace, job: Make) -> None:
    """One after the other; the containers never start."""
    good, bad = (
        {"name": name, "image": "test/program:v1", "args": ["exit", code]} for name, code in (("a", "0"), ("b", "1"))
    )
    namespace.apply(
        job("passes", "exit", "0", initContainers=[good]), job("stops", "exit", "0", initContainers=[good, bad])
    )
    namespace.kubectl("wait", "--for=condition=Complete", "job/passes", "--timeout=60s")
    namespace.kubectl("wait", "--for=condition=Failed", "job/stops", "--timeout=60s")
    pod = namespace.get("pods", **{"job-name": "stops"})["items"][0]
    assert [each["state"]["terminated"]["exitCode"] for each in pod["status"]["initContainerStatuses"]] == [0, 1]
    assert "waiting" in _states(pod)["state"]


def test_a_container_that_is_not_ready_stays_and_one_that_is_not_alive_is_started_again(
    namespace: Namespace, deployment: Make
) -> None:
    """Readiness takes a pod out of service, liveness ends the process."""
    probes = {
        "startupProbe": {"tcpSocket": {"port": 8080}} | SOON | {"failureThreshold": 30},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}} | SOON | {"failureThreshold": 1},
        "livenessProbe": {"httpGet": {"path": "/alive", "port": 8080}} | SOON | {"failureThreshold": 2},
    }
    namespace.apply(deployment(container=probes))
    pod = namespace.ready(1, app="web")[0]
    _call(pod, "/bad?/ready")
    assert namespace.eventually(lambda: not _states(namespace.pods()[0])["ready"])
    assert _states(namespace.pods()[0])["restartCount"] == 0
    _call(pod, "/good?/ready")
    namespace.ready(1, app="web")
    _call(pod, "/bad?/alive")
    assert namespace.eventually(lambda: _states(namespace.pods()[0])["restartCount"] == 1)
    assert "Liveness probe failed: HTTP probe failed with statuscode: 503" in namespace.kubectl("get", "events")


@pytest.mark.parametrize(
    ("container", "reason", "message"),
    [
        ({"image": "test/program:v2"}, "ErrImagePull", "nothing was built here under this name and tag"),
        (
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "absent", "key": "k"}}}]},
            "CreateContainerConfigError",
            'configmap "absent" not found',
        ),
    ],
)
def test_what_is_missing_is_said(
    namespace: Namespace, job: Make, container: dict[str, Any], reason: str, message: str
) -> None:
    """In the pod's status, as on a cluster."""
    namespace.apply(job("waits", "exit", "0", container=container))

    def waiting() -> Any:  # noqa: ANN401 - a manifest
        found = namespace.pods()
        states = found[0]["status"].get("containerStatuses") if found else None
        wait = states[0]["state"].get("waiting") if states else None
        return wait if wait and wait["reason"] == reason else None

    assert message in namespace.eventually(waiting)["message"]


def test_what_a_process_cannot_be_asked_for_is_said(namespace: Namespace, deployment: Make) -> None:
    """`kubectl exec` has nobody to talk to."""
    namespace.apply(deployment())
    name = namespace.ready(1, app="web")[0]["metadata"]["name"]
    assert "only their logs" in namespace.kubectl("exec", name, "--", "true", fails=True)


def test_a_mistake_that_nobody_foresaw_fails_the_pod_with_a_word(namespace: Namespace, job: Make) -> None:
    """Here two entries of a volume want the same name, once as a file and once as a folder."""
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "both"}, "data": {"a": "1", "b": "2"}}
    items = [{"key": "a", "path": "x"}, {"key": "b", "path": "x/y"}]
    volumes = [{"name": "v", "configMap": {"name": "both", "items": items}}]
    namespace.apply(settings, job("odd", "exit", "0", volumes=volumes))
    namespace.kubectl("wait", "--for=condition=Failed", "job/odd", "--timeout=60s")
    status = namespace.get("pods", **{"job-name": "odd"})["items"][0]["status"]
    assert (status["phase"], status["reason"]) == ("Failed", "NodeError")
    assert "FileExistsError" in status["message"]

"""What a container gets of what its manifest says: variables, arguments, files."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lightkube.models.core_v1 import Container, ServiceAccountTokenProjection, Volume, VolumeMount
from lightkube.resources.core_v1 import ConfigMap, Pod, Secret

from patterns_local.kubelet.environment import NotConfigured, PodFacts, expand, variables_of
from patterns_local.kubelet.mounts import Mounts
from patterns_local.kubelet.pod_objects import references_of
from patterns_local.kubelet.volumes import data_of, write_volume

POD = msgspec.convert(
    type=Pod,
    obj={
        "metadata": {
            "name": "p",
            "namespace": "n",
            "uid": "u",
            "labels": {"app": "web", "tier": "front"},
            "annotations": {"note": "x"},
        },
        "spec": {"containers": [], "nodeName": "node", "serviceAccountName": "worker"},
    },
)
FACTS = PodFacts(POD, address="127.1.0.1", node_address="127.0.0.1", allocatable={"cpu": "2", "memory": "1Gi"})
DATA = {("ConfigMap", "settings"): {"one": "1", "not-a name": "x"}, ("Secret", "keys"): {"key": "s"}}


def _variables(**container: Any) -> dict[str, str]:  # noqa: ANN401 - a manifest
    spec = msgspec.convert(type=Container, obj={"name": "c", **container})
    return variables_of(spec, FACTS, lambda kind, name: DATA.get((kind, name)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "p"),
        ("metadata.namespace", "n"),
        ("metadata.uid", "u"),
        ("metadata.labels['app']", "web"),
        ("metadata.labels['none']", ""),
        ("metadata.annotations['note']", "x"),
        ("metadata.labels", 'app="web"\ntier="front"'),
        ("spec.nodeName", "node"),
        ("spec.serviceAccountName", "worker"),
        ("status.podIP", "127.1.0.1"),
        ("status.hostIP", "127.0.0.1"),
    ],
)
def test_a_pod_may_ask_about_itself(path: str, value: str) -> None:
    """The downward API."""
    assert _variables(env=[{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": path}}}]) == {"X": value}


def test_a_fact_that_nobody_knows_is_refused_by_name() -> None:
    """Instead of an empty value."""
    with pytest.raises(NotConfigured, match=r"status\.startTime"):
        _variables(env=[{"name": "X", "valueFrom": {"fieldRef": {"fieldPath": "status.startTime"}}}])


@pytest.mark.parametrize(
    ("resource", "divisor", "value"),
    [
        ("limits.cpu", "1", "1"),
        ("limits.cpu", "1m", "500"),
        ("limits.memory", "1Mi", "1024"),
        ("requests.memory", "0", None),
    ],
)
def test_resources_are_counted_in_units_and_rounded_up(resource: str, divisor: str, value: str | None) -> None:
    """Without a limit it is the node's."""
    if value is None:
        divisor, value = "1Gi", "1"
    source = {"resourceFieldRef": {"resource": resource, "divisor": divisor}}
    limits = {"limits": {"cpu": "500m"}}
    assert _variables(env=[{"name": "X", "valueFrom": source}], resources=limits) == {"X": value}


def test_later_variables_see_earlier_ones_and_the_last_of_a_name_wins() -> None:
    """Those of envFrom come first; keys that cannot be names are left out."""
    found = _variables(
        envFrom=[{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "keys"}, "prefix": "K_"}],
        env=[
            {"name": "two", "value": "$(one)$(K_key)"},
            {"name": "one", "value": "9"},
            {"name": "three", "value": "$(one)"},
        ],
    )
    assert found == {"one": "9", "K_key": "s", "two": "1s", "three": "9"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(A)", "a"),
        ("$$(A)", "$(A)"),
        ("$(B)", "$(B)"),
        ("x$(A)y$(A)", "xaya"),
        ("$A ${A}", "$A ${A}"),
        ("$(A", "$(A"),
    ],
)
def test_references_are_those_of_kubernetes(text: str, expanded: str) -> None:
    """Not a shell's."""
    assert expand(text, {"A": "a"}) == expanded


@pytest.mark.parametrize(
    ("container", "missing"),
    [
        ({"envFrom": [{"secretRef": {"name": "absent"}}]}, 'secret "absent" not found'),
        (
            {"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "no"}}}]},
            'key "no" in configmap "settings" not found',
        ),
    ],
)
def test_what_is_missing_is_named_unless_it_is_optional(container: dict[str, Any], missing: str) -> None:
    """In the words of a kubelet."""
    with pytest.raises(NotConfigured, match=missing):
        _variables(**container)
    for sources in container.values():
        source = sources[0].get("valueFrom", sources[0])
        next(iter(source.values()))["optional"] = True
    assert _variables(**container) == {}


def test_mounted_paths_lead_to_the_pods_own_folders(tmp_path: Path) -> None:
    """In arguments and values, as a whole or with what follows, and nothing that only looks alike."""
    declared = [
        VolumeMount(name="certs", mountPath="/etc/tls"),
        VolumeMount(name="one", mountPath="/etc/tls/one.pem", subPath="file.pem"),
        VolumeMount(name="own", mountPath="/data", subPathExpr="$(POD)"),
    ]
    mounts = Mounts(declared, tmp_path, {"POD": "p"}, {})
    assert mounts.rewrite("/etc/tls") == f"{tmp_path}/certs"
    assert mounts.rewrite("--cert=/etc/tls/tls.crt") == f"--cert={tmp_path}/certs/tls.crt"
    assert mounts.rewrite("/etc/tls/one.pem") == f"{tmp_path}/one/file.pem"
    assert mounts.rewrite("a:/data/x,/data") == f"a:{tmp_path}/own/p/x,{tmp_path}/own/p"
    for other in ("/etc/tlsx", "/opt/etc/tls", "https://host/data", "s3://data/data"):
        assert mounts.rewrite(other) == other
    assert mounts.path("/etc/tls/") == tmp_path / "certs"
    assert Mounts([], tmp_path, {}, {}).rewrite("/data") == "/data"


async def _token(projection: ServiceAccountTokenProjection) -> str:
    return f"token for {projection.audience}"


def _write(folder: Path, volume: dict[str, Any], data: dict[tuple[str, str], dict[str, bytes]]) -> dict[str, str]:
    declared = msgspec.convert(type=Volume, obj={"name": "v", **volume})
    asyncio.run(
        write_volume(declared, folder, source=lambda kind, name: data.get((kind, name)), facts=FACTS, token=_token)
    )
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_volume_holds_what_it_projects_and_follows_its_changes(tmp_path: Path) -> None:
    """Config maps, secrets, tokens, facts; what is not there any more is gone."""
    sources = [
        {"configMap": {"name": "settings", "items": [{"key": "a", "path": "deep/a"}]}},
        {"secret": {"name": "keys"}},
        {"serviceAccountToken": {"audience": "shop", "path": "token"}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]
    volume = {"projected": {"sources": sources}}
    data = {("ConfigMap", "settings"): {"a": b"1", "b": b"2"}, ("Secret", "keys"): {"k": b"s", "old": b"o"}}
    shown = _write(tmp_path, volume, data)
    assert shown == {
        "deep/a": "1",
        "k": "s",
        "old": "o",
        "token": "token for shop",
        "labels": 'app="web"\ntier="front"',
    }
    data["Secret", "keys"] = {"k": b"changed"}
    assert _write(tmp_path, volume, data) == {
        "deep/a": "1",
        "k": "changed",
        "token": "token for shop",
        "labels": shown["labels"],
    }
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0


def test_an_empty_folder_keeps_what_the_pod_wrote(tmp_path: Path) -> None:
    """However often volumes are refreshed."""
    assert _write(tmp_path / "v", {"emptyDir": {}}, {}) == {}
    (tmp_path / "v" / "mine").write_text("x")
    assert _write(tmp_path / "v", {"emptyDir": {}}, {}) == {"mine": "x"}


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        ({"hostPath": {"path": "/"}}, 'volume "v" is of a kind that pods of this machine do not have'),
        ({"configMap": {"name": "absent"}}, 'configmap "absent" not found'),
        (
            {"secret": {"secretName": "keys", "items": [{"key": "no", "path": "x"}]}},
            'key "no" in secret "keys" not found',
        ),
        ({"secret": {"secretName": "keys", "items": [{"key": "k", "path": "../x"}]}}, "leads out of its volume"),
    ],
)
def test_a_volume_that_cannot_be_written_says_why(tmp_path: Path, volume: dict[str, Any], reason: str) -> None:
    """And nothing is written outside of it."""
    with pytest.raises(NotConfigured, match=reason):
        _write(tmp_path / "v", volume, {("Secret", "keys"): {"k": b"s"}})
    assert not (tmp_path / "x").exists()


def test_the_data_of_objects_is_bytes() -> None:
    """Secrets and binary data come encoded."""
    assert data_of(Secret(data={"k": "cw=="})) == {"k": b"s"}
    assert data_of(ConfigMap(data={"a": "ä"}, binaryData={"b": "AAE="})) == {"a": "ä".encode(), "b": b"\x00\x01"}


def test_everything_that_a_pod_refers_to_is_found() -> None:
    """A node may read only that."""
    spec = {
        "initContainers": [{"name": "i", "envFrom": [{"configMapRef": {"name": "a"}}]}],
        "containers": [
            {
                "name": "c",
                "envFrom": [{"secretRef": {"name": "b"}}],
                "env": [
                    {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
                    {"name": "Y", "valueFrom": {"secretKeyRef": {"name": "d", "key": "k"}}},
                    {"name": "Z", "value": "plain"},
                ],
            }
        ],
        "volumes": [
            {"name": "v", "configMap": {"name": "e"}},
            {"name": "w", "secret": {"secretName": "f"}},
            {"name": "x", "projected": {"sources": [{"configMap": {"name": "g"}}, {"secret": {"name": "h"}}]}},
            {"name": "y", "emptyDir": {}},
        ],
    }
    found = set(references_of(msgspec.convert(type=Pod, obj={"metadata": {"name": "p"}, "spec": spec})))
    maps, secrets = ({("ConfigMap", x) for x in "aceg"}, {("Secret", x) for x in "bdfh"})
    assert found == maps | secrets

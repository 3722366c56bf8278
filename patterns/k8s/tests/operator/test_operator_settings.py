from pathlib import Path

import kopf
import pytest

from patterns_k8s.operator import __main__ as program
from patterns_k8s.operator.api.credentials import NoCluster, connect
from patterns_k8s.operator.settings import OperatorSettings, configure
from patterns_shared.environment import InvalidSetting, MissingSetting

OPERATOR = {"STAGE": "test", "AWS_REGION": "eu-central-1", "NAMESPACE": "patterns"}
KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: pod
clusters: [{name: local, cluster: {server: "https://127.0.0.1:6443"}}]
users: [{name: pod, user: {tokenFile: TOKEN_FILE}}]
contexts: [{name: pod, context: {cluster: local, user: pod, namespace: patterns}}]
"""


@pytest.mark.parametrize("variable", list(OPERATOR))
def test_what_is_missing_is_named(variable: str) -> None:
    """Absent or empty."""
    for without in ({k: v for k, v in OPERATOR.items() if k != variable}, {**OPERATOR, variable: ""}):
        with pytest.raises(MissingSetting, match=variable):
            OperatorSettings.from_environment(without)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("LOOK_SECONDS", "0"),
        ("LIVENESS_PORT", "none"),
        ("PEERING_SECONDS", "-1"),
        ("WEBHOOK_CERTIFICATES", "/nonexistent"),
        ("WORKER_CREDENTIALS", "Not_A_Name"),
        ("WORKER_CREDENTIALS", "x" * 254),
    ],
)
def test_what_cannot_be_is_named(variable: str, value: str) -> None:
    """At the start."""
    with pytest.raises(InvalidSetting, match=variable):
        OperatorSettings.from_environment({**OPERATOR, variable: value})


def test_a_secret_for_the_workers_is_named_or_there_is_none() -> None:
    """On EKS there is none."""
    assert OperatorSettings.from_environment(OPERATOR).surroundings.credentials == ""
    named = OperatorSettings.from_environment({**OPERATOR, "WORKER_CREDENTIALS": "shop.role-1"})
    assert named.surroundings.credentials == "shop.role-1"


def test_the_webhook_listens_where_it_is_told_to(tmp_path: Path) -> None:
    """At the pod's address, unless where there is no cluster network."""
    for name in ("tls.crt", "tls.key"):
        (tmp_path / name).touch()
    told = {**OPERATOR, "POD_IP": "10.0.0.1", "WEBHOOK_CERTIFICATES": str(tmp_path)}
    webhook = OperatorSettings.from_environment(told).webhook
    assert webhook is not None
    assert (webhook.host, webhook.port) == ("10.0.0.1", 8443)
    moved = OperatorSettings.from_environment({**told, "WEBHOOK_HOST": "127.0.0.1"}).webhook
    assert moved is not None
    assert moved.host == "127.0.0.1"


def test_what_it_writes_has_names_of_its_own() -> None:
    """Another kopf operator in the cluster must not take them for its own; and two of ours are never equal."""
    settings, others = kopf.OperatorSettings(), kopf.OperatorSettings()
    ours = OperatorSettings.from_environment(OPERATOR)
    configure(settings, ours)
    configure(others, ours)
    assert settings.persistence.finalizer == "patterns.example.com/drain"
    assert settings.peering.name == "patterns-operator"
    assert settings.peering.mandatory
    assert settings.peering.clusterwide, "it would go with the namespace that is watched"
    assert settings.peering.priority != others.peering.priority
    assert settings.watching.server_timeout
    assert settings.networking.request_timeout


def test_a_token_is_read_from_its_file_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is exchanged while the operator runs."""
    token = tmp_path / "token"
    (tmp_path / "kubeconfig").write_text(KUBECONFIG.replace("TOKEN_FILE", str(token)))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    for text in ("first", "second"):
        token.write_text(f"{text}\n")
        assert connect(kopf.OperatorSettings()).token == text


def test_without_a_cluster_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    with pytest.raises(NoCluster):
        connect(kopf.OperatorSettings())
    for name, value in OPERATOR.items():
        monkeypatch.setenv(name, value)
    assert program.main() == 2
    assert capsys.readouterr().err.startswith("patterns_k8s.operator: no cluster: set KUBECONFIG")
    monkeypatch.delenv("STAGE")
    assert program.main() == 2
    assert capsys.readouterr().err == "patterns_k8s.operator: environment variable STAGE is not set\n"

"""Others bring the webhook's certificate: cert-manager, or External Secrets; by kustomize and by Helm."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.helm import CHART, Helm
from tests.operator_install import MANIFESTS, OPERATOR

pytestmark = pytest.mark.integration

SECRET = f"{OPERATOR}-webhook"
LEAST = {"stage": "dev", "aws": {"region": "eu-central-1"}, "image": {"tag": "0a1b2c3d"}}
KEY, BUNDLE = "patterns-dev-operator-webhook", "bWFkZS1ieS15b3VyLWF1dGhvcml0eQ=="
"""As in the example."""
WAYS: dict[str, dict[str, Any]] = {
    "cert-manager": {"certManager": {"enabled": True}},
    "external-secrets": {"externalSecret": {"enabled": True, "key": KEY}, "caBundle": BUNDLE},
}
Objects = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Helm:
    """Return Helm without a cluster."""
    home = tmp_path_factory.mktemp("helm")
    return Helm.prepare(home, home / "none")


def by_name(objects: list[dict[str, Any]]) -> Objects:
    """Return objects by kind and name."""
    return {(each["kind"], each["metadata"]["name"]): each for each in objects}


def example(name: str) -> Objects:
    """Return what kubectl makes of an example."""
    kubectl = Path(sys.prefix) / "bin" / "kubectl"
    command: list[str | Path] = [kubectl, "kustomize", MANIFESTS / "examples" / name]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return by_name(list(yaml.safe_load_all(printed)))


@pytest.mark.parametrize("name", WAYS)
def test_chart_and_example_have_the_same_objects(helm: Helm, name: str) -> None:
    """Their specs, and how the API server calls the webhook; neither has a certificate of its own, or renews one."""
    values = {**LEAST, "webhook": WAYS[name], "watchNamespace": "patterns"}
    charted, built = by_name(helm.render(values, namespace="patterns-system")), example(name)
    brought = {key for key in built if built[key]["apiVersion"].partition("/")[0] in {"cert-manager.io", GROUP}}
    assert brought
    for key in brought:
        assert charted[key]["spec"] == built[key]["spec"]
        assert charted[key]["metadata"]["namespace"] == built[key]["metadata"]["namespace"] == "patterns-system"
    hooks = [each["ValidatingWebhookConfiguration", OPERATOR] for each in (charted, built)]
    assert hooks[0]["webhooks"] == hooks[1]["webhooks"]
    assert hooks[0]["metadata"].get("annotations") == hooks[1]["metadata"].get("annotations")
    for objects in (charted, built):
        assert not [key for key in objects if key[0] in {"Secret", "CronJob"}]
        mounted = objects["Deployment", OPERATOR]["spec"]["template"]["spec"]["volumes"][0]["secret"]["secretName"]
        assert mounted == SECRET


GROUP = "external-secrets.io"


def test_cert_manager_is_asked_for_what_the_api_server_calls(helm: Helm) -> None:
    """In any namespace: the Service's name, an authority to be injected, and nothing in the field that is injected."""
    rendered = by_name(helm.render({**LEAST, "webhook": WAYS["cert-manager"]}, namespace="operators"))
    certificate = rendered["Certificate", SECRET]["spec"]
    hook = rendered["ValidatingWebhookConfiguration", OPERATOR]
    service = hook["webhooks"][0]["clientConfig"]["service"]
    assert certificate["dnsNames"] == [f"{service['name']}.{service['namespace']}.svc"]
    assert certificate["secretName"] == SECRET
    assert hook["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": f"operators/{SECRET}"}
    assert "caBundle" not in hook["webhooks"][0]["clientConfig"]
    authority = rendered["Certificate", f"{SECRET}-authority"]["spec"]
    issuer = rendered["Issuer", certificate["issuerRef"]["name"]]["spec"]
    assert issuer["ca"]["secretName"] == authority["secretName"]
    assert authority["privateKey"]["rotationPolicy"] == "Never", "the former authority's certificates must stay good"
    assert _hours(authority["renewBefore"]) > _hours(certificate["duration"])


def test_an_issuer_of_ones_own_takes_the_authority_s_place(helm: Helm) -> None:
    """The user's annotations are kept in addition to the injection's."""
    issuer = {"name": "company", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    webhook = {"certManager": {"enabled": True, "issuerRef": issuer}, "annotations": {"example.com/team": "orders"}}
    rendered = by_name(helm.render({**LEAST, "webhook": webhook}))
    assert rendered["Certificate", SECRET]["spec"]["issuerRef"] == issuer
    assert not [key for key in rendered if key[0] == "Issuer" or key == ("Certificate", f"{SECRET}-authority")]
    notes = rendered["ValidatingWebhookConfiguration", OPERATOR]["metadata"]["annotations"]
    assert set(notes) == {"cert-manager.io/inject-ca-from", "example.com/team"}


@pytest.mark.parametrize(
    ("webhook", "says"),
    [
        (
            {**WAYS["cert-manager"], **WAYS["external-secrets"]},
            "webhook.certManager and webhook.externalSecret exclude",
        ),
        ({**WAYS["cert-manager"], "secret": "ours"}, "webhook.secret and webhook.certManager exclude"),
        ({**WAYS["cert-manager"], "url": "https://127.0.0.1:8443/validate"}, "webhook.certManager is for"),
        ({"externalSecret": {"enabled": True}, "caBundle": BUNDLE}, "webhook.externalSecret.key is required"),
        ({"externalSecret": {"enabled": True, "key": KEY}}, "webhook.caBundle is required"),
        ({"certManager": {"enable": True}}, "enable"),
    ],
    ids=["two", "secret", "url", "key", "bundle", "unknown"],
)
def test_what_is_missing_or_wrong_is_named(helm: Helm, webhook: dict[str, Any], says: str) -> None:
    """Before anything is applied."""
    values = {**LEAST, "webhook": webhook}
    assert says in helm.run("template", "patterns", str(CHART), values=values, fails=True)


def _hours(duration: str) -> int:
    """Return a Go duration of whole hours."""
    number, _, rest = duration.partition("h")
    assert rest == ""
    return int(number)

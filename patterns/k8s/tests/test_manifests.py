"""The manifests that people apply fit the programs that run by them, and each other."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from patterns_k8s.certificates.settings import CertificateSettings
from patterns_k8s.operator.api.cluster import _PLURALS
from patterns_k8s.operator.desired.processor import CHILDREN, MANAGER
from patterns_k8s.operator.settings import OperatorSettings
from patterns_k8s.resource.crd import MANIFEST
from patterns_k8s.resource.order_processor import GROUP, PLURAL, VERSION

FOLDER = MANIFEST.parent
OVERLAYS = ["local", "aws", "cluster"]


@cache
def documents(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the documents of a file."""
    return tuple(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def base(kind: str, name: str = MANAGER) -> dict[str, Any]:
    """Return an object of the base."""
    found = [
        each
        for path in sorted((FOLDER / "base").glob("*.yaml"))
        for each in documents(path)
        if each["kind"] == kind and each["metadata"]["name"] == name
    ]
    assert len(found) == 1
    return found[0]


def renewal(kind: str) -> dict[str, Any]:
    """Return an object of the component that renews the certificate."""
    documents_of_it = documents(FOLDER / "components" / "certificate-renewal" / "renewal.yaml")
    (found,) = (each for each in documents_of_it if each["kind"] == kind)
    return found


def overlay(name: str) -> dict[str, Any]:
    """Return an overlay's kustomization."""
    (document,) = documents(FOLDER / "overlays" / name / "kustomization.yaml")
    return document


def settings_of(name: str) -> dict[str, str]:
    """Return what an overlay tells the operator."""
    (generator,) = overlay(name)["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generator["literals"])


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_operator_understands_what_it_is_told(name: str, tmp_path: Path) -> None:
    """By the overlay and by the base; its certificates are where it looks for them."""
    container = base("Deployment")["spec"]["template"]["spec"]["containers"][0]
    told = {each["name"]: each.get("value", "127.0.0.1") for each in container["env"]}
    assert told["WEBHOOK_CERTIFICATES"] == container["volumeMounts"][0]["mountPath"]
    for file in ("tls.crt", "tls.key"):
        (tmp_path / file).touch()
    settings = OperatorSettings.from_environment({**settings_of(name), **told, "WEBHOOK_CERTIFICATES": str(tmp_path)})
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert settings.webhook is not None
    assert ports == {
        "liveness": settings.liveness_port,
        "status": settings.status_port,
        "webhook": settings.webhook.port,
    }
    assert settings.peering == base("ClusterKopfPeering")["metadata"]["name"]


def test_the_operator_may_do_what_it_does_to_its_children_and_no_more() -> None:
    """Every kind is read, listed, watched, written and cleared away; nothing is wildcarded."""
    granted, everywhere = (_granted(base(kind)) for kind in ("Role", "ClusterRole"))
    owned = {"get", "list", "watch", "create", "patch", "delete"}
    expected = {(group, plural): owned for plural, (group, _, _) in CHILDREN.items()}
    expected |= {
        ("", "pods"): {"list"},
        ("", "events"): {"create", "patch"},
    }
    assert granted == expected
    assert {plural for _, plural in granted.keys() | everywhere.keys()} >= set(_PLURALS.values())


def test_what_outlives_the_watched_namespace_is_about_the_own_kind_alone() -> None:
    """A deletion of it takes a Role away before the finalizers are off; no more than that is granted everywhere."""
    assert _granted(base("ClusterRole")) == {
        (GROUP, PLURAL): {"get", "list", "watch", "patch"},
        (GROUP, f"{PLURAL}/status"): {"patch"},
        (GROUP, f"{PLURAL}/scale"): {"patch"},
        ("", "namespaces"): {"get"},
        ("kopf.dev", "clusterkopfpeerings"): {"list", "watch", "patch"},
    }
    (namespaces,) = (rule for rule in base("ClusterRole")["rules"] if rule["resources"] == ["namespaces"])
    assert namespaces["resourceNames"] == ["patterns"]
    (watched,) = (each for each in container_of("Deployment")["env"] if each["name"] == "NAMESPACE")
    assert watched["value"] == base("Role")["metadata"]["namespace"] == "patterns"


@pytest.mark.parametrize(
    "kind", ["Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "RoleBinding"]
)
def test_the_operator_is_not_in_the_namespace_that_it_looks_after(kind: str) -> None:
    """It would go with it; what binds it there goes."""
    found = base(kind)
    namespace = found["metadata"]["namespace"]
    if kind == "RoleBinding":
        assert namespace == "patterns"
        namespace = found["subjects"][0]["namespace"]
    assert namespace == "patterns-system"


def container_of(kind: str) -> dict[str, Any]:
    """Return the operator's container."""
    (found,) = base(kind)["spec"]["template"]["spec"]["containers"]
    return dict(found)


def _granted(role: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    granted: dict[tuple[str, str], set[str]] = {}
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                granted.setdefault((group, resource), set()).update(rule["verbs"])
    return granted


@pytest.mark.parametrize("role", ["view", "edit"])
def test_users_get_rights_by_the_cluster_s_own_roles(role: str) -> None:
    """Each rule is added to one of them, since each includes the one before; none writes a status or all there is."""
    added = base("ClusterRole", f"patterns-orderprocessors-{role}")
    assert added["metadata"]["labels"] == {f"rbac.authorization.k8s.io/aggregate-to-{role}": "true"}
    for rule in added["rules"]:
        assert "*" not in {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert not (f"{PLURAL}/status" in rule["resources"] and {"update", "patch"} & set(rule["verbs"]))


@pytest.mark.parametrize("name", OVERLAYS)
def test_no_generated_name_looks_like_one_that_a_role_names(name: str) -> None:
    """Kustomize adds a digest to it, and would add it in the role, too: the role would name what is not there."""
    generated = {each["name"] for each in overlay(name)["configMapGenerator"]}
    rules = [*base("Role")["rules"], *base("ClusterRole")["rules"]]
    named = {each for rule in rules for each in rule.get("resourceNames", ())}
    assert named == {MANAGER, "patterns"}
    assert not generated & named
    container = base("Deployment")["spec"]["template"]["spec"]["containers"][0]
    assert {each["configMapRef"]["name"] for each in container["envFrom"]} == generated


def test_the_webhook_asks_the_operator_about_its_kind() -> None:
    """At the service that leads to it, by the path of its handler, and not about finalizers."""
    (webhook,) = base("ValidatingWebhookConfiguration")["webhooks"]
    (rule,) = webhook["rules"]
    assert (rule["apiGroups"], rule["apiVersions"], rule["resources"]) == ([GROUP], [VERSION], [PLURAL])
    service = base("Service")
    called = webhook["clientConfig"]["service"]
    assert called["name"] == service["metadata"]["name"]
    assert called["namespace"] == base("Namespace", "patterns-system")["metadata"]["name"]
    assert called["port"] == service["spec"]["ports"][0]["port"]
    assert called["path"] == "/validate"
    assert webhook["failurePolicy"] == "Fail"
    assert "object.spec != oldObject.spec" in webhook["matchConditions"][0]["expression"]


def test_the_base_lists_every_file_of_it() -> None:
    """A file that is not listed is not applied, without a word."""
    (kustomization,) = documents(FOLDER / "base" / "kustomization.yaml")
    files = {path.name for path in (FOLDER / "base").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_pods_are_as_restricted_as_their_namespace_asks() -> None:
    """The operator's, and by their own tests the workers'."""
    for name in ("patterns", "patterns-system"):
        assert base("Namespace", name)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    pod = base("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert pod["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_certificate_is_renewed_by_an_account_of_its_own() -> None:
    """It may get and patch the one Secret and the one configuration that it is about; the operator may do neither."""
    name = f"{MANAGER}-certificate"
    settings = CertificateSettings.from_environment({"NAMESPACE": "patterns-system"})
    rights = [
        (rule["resources"], rule["resourceNames"], rule["verbs"])
        for kind in ("Role", "ClusterRole")
        for rule in renewal(kind)["rules"]
    ]
    assert rights == [
        (["secrets"], [settings.secret], ["get", "patch"]),
        (["validatingwebhookconfigurations"], [settings.configuration], ["get", "patch"]),
    ]
    assert base("ValidatingWebhookConfiguration")["metadata"]["name"] == settings.configuration
    volumes = base("Deployment")["spec"]["template"]["spec"]["volumes"]
    assert settings.secret in {each.get("secret", {}).get("secretName") for each in volumes}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        [subject] = renewal(kind)["subjects"]
        assert (subject["kind"], subject["name"]) == ("ServiceAccount", name)
    for kind in ("CronJob", "ServiceAccount", "Role", "RoleBinding", "NetworkPolicy"):
        assert renewal(kind)["metadata"]["namespace"] == base("Namespace", "patterns-system")["metadata"]["name"]
    resources = {each for rule in base("Role")["rules"] for each in rule["resources"]}
    assert not {"secrets", "validatingwebhookconfigurations"} & resources


def test_the_certificate_is_looked_at_often_enough() -> None:
    """Each day, and by one at a time; its pod is as restricted as its namespace asks."""
    job = renewal("CronJob")["spec"]
    assert job["schedule"].endswith(" * * *")
    assert job["concurrencyPolicy"] == "Forbid"
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    operator = base("Deployment")["spec"]["template"]["spec"]
    assert pod["containers"][0]["securityContext"] == operator["containers"][0]["securityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    trust = CertificateSettings.from_environment({"NAMESPACE": "patterns-system"}).trust_seconds
    assert job["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 10 * trust

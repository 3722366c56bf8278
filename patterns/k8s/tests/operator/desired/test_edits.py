"""Who has changed which field of a child, as the API server keeps it."""

from typing import Any

from patterns_k8s.operator.desired.edits import describe_edit

MANIFEST: dict[str, Any] = {
    "metadata": {"name": "orders-workers", "labels": {"a/b": "c"}},
    "spec": {
        "replicas": 1,
        "template": {
            "spec": {
                "containers": [
                    {"name": "worker", "image": "x:1", "ports": [{"containerPort": 8080, "protocol": "TCP"}]}
                ]
            }
        },
    },
}
CONTAINER = 'k:{"name":"worker"}'


def live(*entries: dict[str, Any], **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of an object
    """Return the object with these field managers."""
    metadata = {**MANIFEST["metadata"], **parts.pop("metadata", {}), "managedFields": list(entries)}
    return {**MANIFEST, **parts, "metadata": metadata}


def entry(manager: str, fields: dict[str, Any], operation: str = "Update", **more: str) -> dict[str, Any]:
    """Return what one manages."""
    return {"manager": manager, "operation": operation, "fieldsV1": fields, **more}


def in_container(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields of the container."""
    return {"f:spec": {"f:template": {"f:spec": {"f:containers": {CONTAINER: fields}}}}}


OURS = entry("patterns-operator", in_container({".": {}, "f:name": {}, "f:image": {}}), "Apply")


def test_the_field_and_its_manager_are_named() -> None:
    """As the API server writes a field in its conflicts."""
    replicas = entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")
    assert describe_edit(MANIFEST, live(OURS, replicas)) == ".spec.replicas was changed by kubectl"
    image = entry("kubectl-patch", in_container({"f:image": {}}))
    ours = entry("patterns-operator", in_container({".": {}, "f:name": {}}), "Apply")
    path = '.spec.template.spec.containers[name="worker"].image'
    assert describe_edit(MANIFEST, live(ours, image)) == f"{path} was changed by kubectl-patch"


def test_what_is_no_field_of_the_manifest_is_no_edit() -> None:
    """Others may have fields of their own, share the operator's, and write the status."""
    theirs = entry("istio", in_container({"f:lifecycle": {}, "f:image": {}}))
    status = entry("kube-controller-manager", {"f:status": {}, "f:spec": {"f:replicas": {}}}, subresource="status")
    assert describe_edit(MANIFEST, live(OURS, theirs, status)) == "was changed by another client"


def test_several_are_named_in_order() -> None:
    """Few of many fields; each manager with its own."""
    port = 'k:{"containerPort":8080,"protocol":"TCP"}'
    fields = in_container({"f:image": {}, "f:ports": {port: {".": {}, "f:containerPort": {}, "f:protocol": {}}}})
    ours = entry("patterns-operator", {}, "Apply")
    labels = entry("helm", {"f:metadata": {"f:labels": {"f:a/b": {}}}})
    more = {**fields, "f:spec": {**fields["f:spec"], "f:replicas": {}}}
    text = describe_edit(MANIFEST, live(ours, entry("argocd", more, "Apply"), labels))
    first = '.spec.replicas, .spec.template.spec.containers[name="worker"].image, '
    assert text.startswith(first)
    assert text.endswith("and 1 more were changed by argocd and .metadata.labels.a/b was changed by helm")


def test_a_field_that_was_removed_has_no_manager() -> None:
    """It is named all the same; what is empty is left out by the API server itself."""
    found = live(OURS, spec={"template": MANIFEST["spec"]["template"]})
    assert describe_edit(MANIFEST, found) == ".spec.replicas was removed by another client"
    emptied = {**MANIFEST, "spec": {**MANIFEST["spec"], "paused": False, "minReadySeconds": 0}}
    assert describe_edit(emptied, live(OURS)) == "was changed by another client"


def test_an_object_without_managers_was_changed_by_another_client() -> None:
    """They may be cleared."""
    assert describe_edit(MANIFEST, {"metadata": {"name": "x"}, "spec": MANIFEST["spec"]}).startswith(".metadata.labels")
    assert describe_edit(MANIFEST, live()) == "was changed by another client"

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from patterns_k8s.resource.crd import MANIFEST, crd, main
from patterns_k8s.resource.order_processor import LONGEST_NAME, OrderProcessorSpec
from patterns_k8s.resource.structural import NotStructural, structural

SCHEMA = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
SPEC = SCHEMA["properties"]["spec"]
GOOD = {"image": "patterns-k8s:1"}


def test_the_written_definition_is_what_the_models_say() -> None:
    """Run `python -m patterns_k8s.resource.crd` after a change."""
    assert main(["--check"]) == 0


def test_a_definition_that_differs_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Missing or changed; and writing it corrects it."""
    path = tmp_path / "new" / "crd.yaml"
    assert main(["--check", "--file", str(path)]) == 1
    assert main(["--file", str(path)]) == 0
    assert main(["--check", "--file", str(path)]) == 0
    path.write_text(path.read_text() + "# by hand\n")
    assert main(["--check", "--file", str(path)]) == 1
    assert capsys.readouterr().err == f"{path} is not what the models say\n" * 2
    assert path.read_text() != MANIFEST.read_text()


def parts(schema: Any, path: str = "") -> Any:  # noqa: ANN401 - JSON
    """Yield every schema inside this one, with its path."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from parts(part, f"{path}.{name}")
    if "items" in schema:
        yield from parts(schema["items"], f"{path}[]")


@pytest.mark.parametrize(("path", "part"), list(parts(SCHEMA)))
def test_the_schema_is_structural(path: str, part: dict[str, Any]) -> None:
    """By the rules of apiextensions: a type everywhere, nothing that refers, or that forbids next to properties."""
    assert ("type" in part) is not part.get("x-kubernetes-int-or-string", False), path
    assert not {"$ref", "$defs", "title", "additionalProperties", "const", "allOf", "oneOf", "not"} & part.keys()
    if "anyOf" in part:
        assert part["anyOf"] == [{"type": "integer"}, {"type": "string"}]
    for key in part.get("x-kubernetes-list-map-keys", ()):
        assert key in part["items"]["required"]


@pytest.mark.parametrize(("path", "part"), list(parts(SPEC, "spec"))[1:])
def test_everything_says_what_it_is(path: str, part: dict[str, Any]) -> None:
    """`kubectl explain` shows it."""
    assert part.get("description"), path


def test_what_is_left_out_has_a_default() -> None:
    """All but the image; and the cluster's defaults are the program's."""
    spec = with_defaults({**GOOD, "replicas": {"max": 5}}, SPEC)
    assert spec["replicas"] == {"min": 1, "max": 5}
    assert spec["resources"] == {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}
    assert OrderProcessorSpec.read(spec) == OrderProcessorSpec.read({**GOOD, "replicas": {"max": 5}})
    assert SPEC["required"] == ["image"]


def with_defaults(value: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Fill in defaults as the API server does, from the outside in."""
    if schema.get("type") != "object":
        return value
    filled = dict(value)
    for name, part in schema.get("properties", {}).items():
        if name not in filled and "default" in part:
            filled[name] = part["default"]
        if name in filled:
            filled[name] = with_defaults(filled[name], part)
    return filled


@pytest.mark.parametrize(
    "change",
    [
        {"image": ""},
        {"image": "patterns-k8s"},
        {"image": "localhost:5000/patterns-k8s"},
        {"image": "x:1", "queue": "/patterns/local/k8s/fulfilment_queue_url"},
        {"image": "x:1", "topic": "arn:aws:sns:us-east-1:123456789012:x"},
        {"image": "x:1", "replicas": {"min": -1}},
        {"image": "x:1", "replicas": {"max": 0}},
        {"image": "x:1", "replicas": {"max": 201}},
        {"image": "x:1", "scaling": {"messagesPerPod": 0}},
        {"image": "x:1", "scaling": {"cooldownSeconds": 9}},
        {"image": "x:1", "scaling": {"mode": "Sometimes"}},
        {"image": "x:1", "workers": -1},
        {"image": "x:1", "workers": 201},
        {"image": "x:1", "concurrency": 101},
        {"image": "x:1", "suspend": "yes"},
        {"image": "x:1", "resources": {"requests": {"cpu": "lots"}}},
        {"image": "x:1", "backfill": [{"from": "2026-01-05"}]},
        {"image": "x:1", "backfill": [{"from": "2026-01-05", "to": "2026-01-05"}] * 32},
        {},
    ],
)
def test_a_bad_spec_is_refused_by_schema_and_model(change: dict[str, Any]) -> None:
    """The two say the same."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(change, SPEC)
    if change.get("suspend") != "yes":  # the cluster never lets this through, and the model would understand it
        with pytest.raises(ValidationError):
            OrderProcessorSpec.read(change)


@pytest.mark.parametrize(
    "image",
    [
        "patterns-k8s:1",
        "localhost:5000/patterns-k8s:0a1b2c",
        "123456789012.dkr.ecr.eu-central-1.amazonaws.com/patterns/k8s:2026-11-25_1",
        "registry.example.com/a/b@sha256:" + "0" * 64,
    ],
)
def test_an_image_is_named_with_a_tag_or_a_digest(image: str) -> None:
    """In any registry."""
    jsonschema.validate({"image": image}, SPEC)
    assert OrderProcessorSpec.read({"image": image}).image == image


@pytest.mark.parametrize("amount", ["250m", "1", "0.5", "256Mi", 2])
def test_an_amount_is_written_as_kubernetes_writes_it(amount: str | int) -> None:
    """A whole number needs no quotes."""
    spec = {**GOOD, "resources": {"requests": {"cpu": amount}}}
    jsonschema.validate(spec, SPEC)
    assert OrderProcessorSpec.read(spec).resources.requests.cpu == str(amount)


def test_what_no_pattern_can_say_is_a_rule() -> None:
    """Of the expression language; the local control plane's tests see them refuse."""
    rules = {path: part.get("x-kubernetes-validations") for path, part in parts(SCHEMA)}
    assert [rule["rule"] for found in rules.values() if found for rule in found] == [
        f"size(self.metadata.name) <= {LONGEST_NAME}",
        (
            "self.scaling.mode != 'External' || (has(oldSelf.workers) && self.workers == oldSelf.workers) || "
            "(self.workers >= self.replicas.min && self.workers <= self.replicas.max)"
        ),
        "self.min <= self.max",
        "self.from <= self.to",
    ]


def test_an_older_program_reads_what_a_newer_definition_added() -> None:
    """An upgrade changes the definition first."""
    assert OrderProcessorSpec.read({**GOOD, "colour": "blue"}).image == "patterns-k8s:1"


def test_columns_and_scale_point_at_what_is_there() -> None:
    """A path with a misspelt name would just show nothing."""
    version = crd()["spec"]["versions"][0]
    paths = [column["jsonPath"] for column in version["additionalPrinterColumns"]]
    paths += version["subresources"]["scale"].values()
    known = {path.replace("[]", "") for path, _ in parts(SCHEMA)} | {".metadata.creationTimestamp"}
    for path in paths:
        assert re.sub(r"\[.*\]", "", path) in known, path


class TestStructural:
    """What no structural schema can say is refused when the definition is made."""

    def test_a_union_is_refused(self) -> None:
        """By name."""

        class Either(BaseModel):
            which: int | str

        with pytest.raises(NotStructural, match="Which has anyOf"):
            structural(Either.model_json_schema())

    def test_nothing_is_a_nullable(self) -> None:
        """And no default is null, which a cluster would refuse."""

        class Maybe(BaseModel):
            model_config = ConfigDict(title="Maybe")
            what: int | None = None

        assert structural(Maybe.model_json_schema())["properties"] == {"what": {"type": "integer", "nullable": True}}

    def test_a_dictionarys_values_have_their_schema(self) -> None:
        """The only use that a structural schema has for additionalProperties."""

        class Part(BaseModel):
            size: int

        class Whole(BaseModel):
            parts: dict[str, Part]

        found = structural(Whole.model_json_schema())["properties"]["parts"]["additionalProperties"]
        assert found["properties"] == {"size": {"type": "integer"}}

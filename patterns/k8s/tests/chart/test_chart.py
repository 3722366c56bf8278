"""The Helm chart says what the manifests say: what of it is made is up to date, and its values are checked."""

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from patterns_k8s.chart.__main__ import CHART, made, main
from patterns_k8s.chart.actions import Action, Block, escaped, optional, write
from patterns_k8s.chart.documents import default_values
from patterns_k8s.chart.templates import MANIFESTS

HAND_MADE = {
    ".helmignore",
    "Chart.yaml",
    "templates/NOTES.txt",
    "templates/_helpers.tpl",
    "templates/certificate.yaml",
    "templates/dashboard.yaml",
    "templates/settings.yaml",
}


def test_the_chart_is_what_the_manifests_say() -> None:
    """Else: python -m patterns_k8s.chart."""
    assert main(["--check"]) == 0


def test_nothing_in_the_chart_is_left_over() -> None:
    """A template of a file that the base no longer has would still be installed."""
    files = {str(path.relative_to(CHART)) for path in CHART.rglob("*") if path.is_file()}
    assert files == made().keys() | HAND_MADE


@pytest.mark.parametrize("path", sorted(made()))
def test_what_differs_is_found_and_made_again(path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Edited or missing; each is named."""
    shutil.copytree(CHART, tmp_path, dirs_exist_ok=True)
    folder = f"--folder={tmp_path}"
    (tmp_path / path).write_text("edited\n")
    assert main(["--check", folder]) == 1
    assert capsys.readouterr().err == f"{tmp_path / path} is not what the manifests say\n"
    (tmp_path / path).unlink()
    assert main(["--check", folder]) == 1
    assert main([folder]) == 0
    assert main(["--check", folder]) == 0


def test_the_definitions_are_the_same_files() -> None:
    """Helm applies them before all else."""
    for path in (CHART / "crds").iterdir():
        assert path.read_bytes() == (MANIFESTS / path.name).read_bytes()


def test_the_chart_has_the_version_of_the_program() -> None:
    """One release, one number."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((CHART.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert chart["version"] == chart["appVersion"] == project["version"]


class TestValues:
    """What may be set."""

    schema: Any = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))

    def check(self, **values: Any) -> None:  # noqa: ANN401 - JSON
        """Check values merged with the defaults, as Helm does."""
        jsonschema.Draft202012Validator(self.schema).validate({**default_values(), **values})

    def test_the_defaults_are_good_and_written_down(self) -> None:
        """With the pods' resources as the base has them."""
        jsonschema.Draft202012Validator.check_schema(self.schema)
        self.check()
        assert yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")) == default_values()
        assert default_values()["resources"]["requests"]

    @pytest.mark.parametrize(
        "values",
        [
            {"replica": 2},
            {"replicas": -1},
            {"replicas": "2"},
            {"image": {"tagg": "v1"}},
            {"image": {"tag": "with space"}},
            {"image": {"digest": "sha256:0a"}},
            {"image": {"pullPolicy": "Sometimes"}},
            {"stage": "Dev_1"},
            {"aws": {"endpointUrl": "172.18.0.1:4566"}},
            {"settings": {"LOOK_SECONDS": 2}},
            {"webhook": {"url": "http://127.0.0.1/validate"}},
            {"monitoring": {"enabled": "yes"}},
            {"tolerations": {"key": "x"}},
        ],
        ids=str,
    )
    def test_a_mistake_is_refused_before_anything_is_applied(self, values: dict[str, Any]) -> None:
        """A name that is not known, and a value that cannot be."""
        with pytest.raises(jsonschema.ValidationError):
            self.check(**values)

    def test_a_chart_around_this_one_may_have_global_values(self) -> None:
        """Helm hands them to every part."""
        self.check(**{"global": {"registry": "example.com"}})


class TestWriting:
    """How manifests become templates."""

    def test_values_and_lines_of_helm(self) -> None:
        """At the columns where they belong, also inside lists."""
        text = write([{"a": Action("{{ .X }}"), "b": [{"c": 1}, optional("d.e")], "f": {Block("g: 1\nh: 2"): None}}])
        assert text == (
            "a: {{ .X }}\nb:\n- c: 1\n{{- with .Values.d.e }}\ne: {{- toYaml . | nindent 2 }}\n{{- end }}\n"
            "f:\n  g: 1\n  h: 2\n"
        )

    def test_braces_of_prometheus_are_not_helm_s(self) -> None:
        """They come out as they were."""
        assert escaped("{{ $x }}") == '{{ "{{" }} $x {{ "}}" }}'
        assert write([{"a": "of {{ $x }}"}]) == 'a: of {{ "{{" }} $x {{ "}}" }}\n'

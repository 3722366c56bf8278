"""The gate over every stack and target: cdk-nag's AwsSolutions rules, its acknowledgements, and cfn-lint."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs

from patterns_infra.app_folder import cdk_context
from patterns_infra.constructs.common.acknowledgement import LEAST_REASON
from patterns_infra.paths import LOCAL_STATE
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.stacks.composition import add_stacks
from patterns_infra.variants import VARIANTS

__all__ = ["check_all", "findings_in", "lint"]

_NOT_OURS = {
    "W3005": "CDK writes DependsOn for a function's role beside the GetAtt that implies it",
}


def check_all() -> int:
    """Print every finding; return the exit code."""
    folders = {name: LOCAL_STATE / "cdk.out" / f"check-{name}" for name in VARIANTS}
    findings = [f"{name}: {text}" for name, folder in folders.items() for text in _check(VARIANTS[name], folder)]
    templates = [x for folder in folders.values() for x in sorted(folder.glob("*.template.json"))]
    findings += [text for template in templates for text in lint(template)]
    sys.stdout.write("".join(f"{text}\n" for text in findings))
    sys.stdout.write(f"{len(templates)} templates of {len(VARIANTS)} variants, {len(findings)} findings\n")
    return 1 if findings else 0


def lint(template: Path) -> list[str]:
    """Return what cfn-lint says, warnings included."""
    found = lint_file(template, config=ManualArgs(ignore_checks=list(_NOT_OURS)))
    return [f"{template.parent.name}/{x.filename}:{x.linenumber}: {x.rule.id} {x.message}" for x in found]


def _check(values: Mapping[str, str], outdir: Path) -> list[str]:
    app = App(analytics_reporting=False, context=cdk_context(), outdir=str(outdir))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    add_stacks(app, settings=Settings.from_mapping(values), patterns=PATTERNS.values())
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    return list(findings_in(outdir))


def findings_in(assembly: Path) -> Iterator[str]:
    """Yield what the validation report of a cloud assembly found, then the acknowledgements without a reason."""
    report = json.loads((assembly / "validation-report.json").read_text())
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield f"{construct['constructPath']}: {violation['ruleName']}: {violation['description']}"
    for file in sorted(assembly.glob("*.metadata.json")):
        for path, entries in json.loads(file.read_text()).items():
            yield from _short_reasons(path, entries)


def _short_reasons(path: str, entries: list[dict[str, object]]) -> Iterator[str]:
    for entry in entries:
        data = entry.get("data")
        if entry["type"] != "aws:cdk:acknowledged-rules" or not isinstance(data, dict):
            continue
        for rule, reason in data.items():
            if len(str(reason).strip()) < LEAST_REASON:
                yield f"{path}: the acknowledgement of {rule} needs a reason, not {reason!r}"

"""The CustomResourceDefinition, made from the models: ``python -m patterns_k8s.resource.crd [--check]``."""

import argparse
import inspect
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from patterns_k8s.resource.order_processor import GROUP, KIND, LONGEST_NAME, PLURAL, VERSION, OrderProcessorSpec
from patterns_k8s.resource.status import OrderProcessorStatus
from patterns_k8s.resource.structural import structural

__all__ = ["MANIFEST", "crd", "main"]

MANIFEST = Path(__file__).parents[3] / "manifests" / "crd.yaml"
_HEADER = "# Made by `python -m patterns_k8s.resource.crd` from the models; a test fails when the two differ.\n"


class _Plain(yaml.SafeDumper):
    """Writes what is there twice twice: kubectl's reader has no anchors in mind."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the name is the library's
        """Return that nothing is written as a reference."""
        return True


def crd() -> dict[str, Any]:
    """Return the definition."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["op"],
                "categories": ["patterns"],
            },
            "versions": [
                {
                    "name": VERSION,
                    "served": True,
                    "storage": True,
                    "subresources": {
                        "status": {},
                        "scale": {
                            "specReplicasPath": ".spec.workers",
                            "statusReplicasPath": ".status.replicas",
                            "labelSelectorPath": ".status.selector",
                        },
                    },
                    "additionalPrinterColumns": _columns(),
                    "schema": {"openAPIV3Schema": _schema()},
                }
            ],
        },
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the definition, or with ``--check`` say whether the written one is what the models say."""
    parser = argparse.ArgumentParser(prog="python -m patterns_k8s.resource.crd", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the file would change")
    parser.add_argument("--file", type=Path, default=MANIFEST, help="where the definition is (%(default)s)")
    options = parser.parse_args(arguments)
    path: Path = options.file
    wanted = _HEADER + yaml.dump(crd(), Dumper=_Plain, sort_keys=False, width=120)
    if options.check:
        if path.is_file() and path.read_text(encoding="utf-8") == wanted:
            return 0
        sys.stderr.write(f"{path} is not what the models say\n")
        return 1
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(wanted, encoding="utf-8")
    return 0


def _schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Workers that take orders from a queue, decide them and tell a topic.",
        "required": ["spec"],
        "properties": {"spec": _part(OrderProcessorSpec), "status": _part(OrderProcessorStatus)},
        "x-kubernetes-validations": [
            {
                "rule": f"size(self.metadata.name) <= {LONGEST_NAME}",
                "message": f"metadata.name must have at most {LONGEST_NAME} characters",
            }
        ],
    }


def _part(model: type[BaseModel]) -> dict[str, Any]:
    schema = structural(model.model_json_schema(by_alias=True))
    return {**schema, "description": inspect.cleandoc(model.__doc__ or "")}


def _columns() -> list[dict[str, Any]]:
    def condition(field: str) -> str:
        return f'.status.conditions[?(@.type=="Ready")].{field}'

    def column(name: str, path: str, kind: str = "string", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a column
        return {"name": name, "type": kind, "jsonPath": path, **more}

    return [
        column("Ready", condition("status")),
        column("Reason", condition("reason")),
        column("Pods", ".status.readyReplicas", "integer"),
        column("Wanted", ".status.desiredReplicas", "integer"),
        column("Messages", ".status.messages", "integer"),
        column("Suspended", ".spec.suspend", "boolean", priority=1),
        column("Image", ".spec.image", priority=1),
        column("Age", ".metadata.creationTimestamp", "date"),
    ]


if __name__ == "__main__":
    sys.exit(main())

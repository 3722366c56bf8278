"""``python -m patterns_k8s.chart [--check]``: write what of the Helm chart is made from the manifests."""

import argparse
import sys
from pathlib import Path

from patterns_k8s.chart.documents import dashboards, definitions, schema_text, values_text
from patterns_k8s.chart.templates import MANIFESTS, templates

__all__ = ["CHART", "made", "main"]

CHART = MANIFESTS.parent / "chart"
_HEADER = "{{- /* Made by `python -m patterns_k8s.chart` from manifests/; a test fails when they differ. */ -}}\n"


def made() -> dict[str, str]:
    """Return the files that are made, by their paths below the chart."""
    return {
        "values.yaml": values_text(),
        "values.schema.json": schema_text(),
        **{f"templates/{name}": _HEADER + text for name, text in templates().items()},
        **{f"crds/{name}": text for name, text in definitions().items()},
        **{f"dashboards/{name}": text for name, text in dashboards().items()},
    }


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with ``--check`` say which are not what the manifests say."""
    parser = argparse.ArgumentParser(prog="python -m patterns_k8s.chart", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file would change")
    parser.add_argument("--folder", type=Path, default=CHART, help="where the chart is (%(default)s)")
    options = parser.parse_args(arguments)
    differing = [path for path, text in made().items() if _read(options.folder / path) != text]
    for path in differing:
        if options.check:
            sys.stderr.write(f"{options.folder / path} is not what the manifests say\n")
        else:
            (options.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (options.folder / path).write_text(made()[path], encoding="utf-8")
    return 1 if options.check and differing else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())

"""The child process that builds bundles and synthesizes: ``python -m patterns_deploy.assemble JSON``.

A process of its own, so that it can be ended as a whole with everything that it starts. It tells of its steps on
standard output; nothing is done again whose inputs are unchanged.
"""

import json
import sys
from pathlib import Path

from patterns_infra.bundles import BundleError, LambdaRuntime, build_bundle
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synth import SynthError, synthesize

__all__ = ["BUNDLED", "SYNTHESIZED", "main"]

BUNDLED = "@bundled"
SYNTHESIZED = "@synthesized"


def main(order: str) -> int:
    """Do what the order says: settings, pattern names and the folder to synthesize into."""
    wanted = json.loads(order)
    settings = Settings.from_mapping(wanted["settings"])
    patterns = [PATTERNS[name] for name in wanted["patterns"]]
    try:
        for package in sorted({pattern.package for pattern in patterns}):
            build_bundle(package, runtime=LambdaRuntime.of(settings))
        print(BUNDLED, flush=True)  # noqa: T201 - this is how the parent is told
        synthesize(settings, patterns, outdir=Path(wanted["folder"]))
        print(SYNTHESIZED, flush=True)  # noqa: T201
    except (BundleError, SynthError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

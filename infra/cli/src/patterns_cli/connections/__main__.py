"""``python -m patterns_cli.connections`` writes the connections of stage production, which pictures are drawn from.

A test fails when the templates connect something else.
"""

import sys

from patterns_cli.connections.stack_connections import FILE, Connections
from patterns_infra.paths import REPOSITORY
from patterns_infra.registry import PATTERNS
from patterns_infra.settings import Settings
from patterns_infra.synth import synthesize
from patterns_infra.synthesized import SynthesizedStack
from patterns_infra.variants import VARIANTS


def main() -> None:
    """Write the file."""
    settings = Settings.from_mapping(VARIANTS["production"])
    assembly = synthesize(settings)
    stacks = {
        name: [SynthesizedStack(assembly, stack) for stack in pattern.stack_names(settings.stage)]
        for name, pattern in PATTERNS.items()
    }
    FILE.write_text(Connections(stacks).text())
    sys.stderr.write(f"wrote {FILE.relative_to(REPOSITORY)}\n")


if __name__ == "__main__":
    main()

"""``python -m patterns_batch STEP …``."""

import sys

from patterns_batch.entrypoints.command import main

if __name__ == "__main__":
    sys.exit(main())

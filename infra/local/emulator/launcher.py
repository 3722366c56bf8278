"""Start the pinned MiniStack with our corrections, and die with whoever started it.

``python launcher.py --lifeline FD``: the file descriptor is the reading end of a pipe whose other end the
supervisor holds. When that closes, for whatever reason, this process group (with every Lambda function in it)
is killed. ``--uncorrected`` leaves the corrections out: the tests show with it that each is still needed.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

# Started with -I, which keeps this folder, too, off the path.
sys.path.insert(0, str(Path(__file__).parent))


def main() -> None:
    """Watch the lifeline, correct the emulator, run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lifeline", type=int)
    parser.add_argument("--uncorrected", action="store_true")
    chosen = parser.parse_args()
    if chosen.lifeline is not None:
        os.set_inheritable(chosen.lifeline, False)  # noqa: FBT003 - the call has no names
        threading.Thread(target=_die_with, args=(chosen.lifeline,), daemon=True).start()
    if not chosen.uncorrected:
        from corrections import apply_all  # noqa: PLC0415 - the lifeline is watched before anything slow happens

        apply_all()
    from ministack.app import main as run  # noqa: PLC0415 - as above

    sys.argv[1:] = []
    run()


def _die_with(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

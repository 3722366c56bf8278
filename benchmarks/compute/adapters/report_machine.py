"""A report on a machine: ``python -m benchmarks.compute.adapters.report_machine RUN BUCKET KEY``."""

import sys

from benchmarks.compute.adapters.report import plan, publish, shard, steps_of

if __name__ == "__main__":
    event = dict(zip(("run", "bucket", "key"), sys.argv[1:], strict=True))
    steps = steps_of()
    for number in range(plan(steps, event)):
        shard(steps, event, number)
    print(publish(steps, event))

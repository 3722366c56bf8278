"""The programs that read the table: ``python -m benchmarks.batch.scan_subjects NAME ENDPOINT FOLDER``."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.batch.scan import DAY, SEGMENTS, TABLE
from benchmarks.batch.subjects import FolderInputs, FolderObjects, counted
from patterns_batch.adapters.dynamodb_orders_scan import DynamoDBOrdersScan
from patterns_batch.bootstrap import Ports, steps_with
from patterns_batch.settings import Settings
from patterns_batch.testing import FixedPseudonyms
from patterns_shared.adapters.aws_client import create_client

__all__ = ["bare", "shard"]


def bare() -> int:
    """Read every page of every segment, all segments at once, and count the orders."""
    client = create_client("dynamodb", read_timeout=60.0)

    def read(segment: int) -> int:
        count = 0
        more: dict[str, Any] = {}
        while True:
            page = client.scan(TableName=TABLE, Segment=segment, TotalSegments=SEGMENTS, **more)
            count += len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return count
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    with ThreadPoolExecutor(SEGMENTS) as threads:
        return sum(threads.map(read, range(SEGMENTS)))


def shard(folder: Path) -> int:
    """Plan the day, and work off its one shard."""
    environment = {
        "STAGE": "bench",
        "REPORT_BUCKET": "reports",
        "PSEUDONYM_SECRET_ARN": "secret",
        "SCRATCH_DIR": str(folder),
        "SEGMENTS": str(SEGMENTS),
    }
    ports = Ports(
        objects=FolderObjects(folder),
        inputs=FolderInputs(folder),
        table=DynamoDBOrdersScan(create_client("dynamodb", read_timeout=60.0), create_client("ssm"), "bench"),
        pseudonyms=FixedPseudonyms(),
    )
    steps = steps_with(Settings.from_environment(environment), ports, lambda: False)
    manifest = steps.planner.plan_date("run", DAY)
    steps.sharder.work(manifest, 0)
    return counted(folder)["orders"]


if __name__ == "__main__":
    os.environ |= {
        "AWS_ENDPOINT_URL": sys.argv[2],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    print(json.dumps({"orders": bare() if sys.argv[1] == "bare" else shard(Path(sys.argv[3]))}))

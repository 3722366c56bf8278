"""Workers as processes of this machine, with the role of their OrderProcessor: they can be killed at any point."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kube_cluster import KubeCluster
from tests.operator_install import free_port
from tests.order_processors import child
from tests.order_queue import OrderQueue
from tests.pod_roles import keys_of

from patterns_deploy.ports import HOST
from patterns_infra.paths import REPOSITORY
from patterns_local.local_aws import ACCOUNT, REGION

__all__ = ["running_worker"]


@contextmanager
def running_worker(
    cluster: KubeCluster, queue: OrderQueue, log: Path, *, module: str = "patterns_k8s.worker", **endpoints: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker as its pod would, until the block ends; ``sqs="http://…"`` puts something in SQS's place.

    ``module`` is another program in its place.
    """
    environment = {
        "PATH": os.defpath,
        "STAGE": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": cluster.aws,
        "QUEUE_URL": queue.url,
        "TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:{queue.name}",
        "CONCURRENCY": "10",
        "POLL_SECONDS": "1",
        "POD_IP": HOST,
        "HEALTH_PORT": str(free_port()),
        **keys_of(cluster, child(queue.name)).variables(),
        **{f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()},
    }
    with log.open("ab") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", module], env=environment, stdout=output, stderr=output, cwd=REPOSITORY
        )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()

"""What is measured: our API function, and the peers that do the same route."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.order_event import AUDIENCE

__all__ = [
    "BARE",
    "ENVIRONMENT",
    "FASTAPI",
    "OURS",
    "PEERS",
    "POWERTOOLS",
    "POWERTOOLS_ONE_CLIENT",
    "SUBJECTS",
    "Subject",
]


@dataclass(frozen=True, slots=True)
class Subject:
    """One way to write the function.

    Attributes:
        name: how the results call it.
        module: where its ``lambda_handler`` is.
        ours: whether it runs from our deployment bundle.
        environment: what only its environment has.
    """

    name: str
    module: str
    ours: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)


OURS = Subject("our API function", "patterns_web_api.entrypoints.api", ours=True)
BARE = Subject("bare function, boto3 client", "benchmarks.peers.bare")
FASTAPI = Subject("FastAPI + Mangum + Pydantic", "benchmarks.peers.fastapi_mangum")
POWERTOOLS = Subject("Powertools REST resolver", "benchmarks.peers.powertools_rest")
POWERTOOLS_ONE_CLIENT = Subject(
    "Powertools REST resolver, one client for both tables",
    "benchmarks.peers.powertools_rest",
    environment={"ONE_CLIENT": "yes"},
)
PEERS = (BARE, FASTAPI, POWERTOOLS, POWERTOOLS_ONE_CLIENT)
SUBJECTS = (OURS, *PEERS)

ENVIRONMENT: Mapping[str, str] = {
    # Lambda's own.
    "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_NAME": "orders-api",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    "LAMBDA_TASK_ROOT": "/var/task",
    "_X_AMZN_TRACE_ID": "Root=1-67d0c6e0-1f2e3d4c5b6a798897a6b5c4;Parent=53995c3f42cd8ad8;Sampled=1",
    "LANG": "en_US.UTF-8",
    "TZ": ":UTC",
    # The peers'.
    "ORDERS_TABLE": "orders",
    "IDEMPOTENCY_TABLE": "idempotency",
    "POWERTOOLS_SERVICE_NAME": "orders",
    "POWERTOOLS_METRICS_NAMESPACE": "Patterns",
    # Ours, as the stack sets it; that Pydantic looks for no plugins goes for all.
    "STAGE": "bench",
    "APP_VERSION": "0.1.0",
    "USER_POOL_CLIENT_ID": AUDIENCE,
    "CURSOR_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:cursors",
    "SITE_ORIGIN": "https://shop.example.com",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""Environment of every subject alike."""

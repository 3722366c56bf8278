"""Counting requests counts."""

import subprocess
import sys

import pytest
from benchmarks.local_loop import steps

pytestmark = pytest.mark.integration

PROGRAM = """
import sys
from benchmarks import store_requests
from patterns_shared.adapters.dynamodb_orders import DynamoDBOrders
if sys.argv[1:]:
    get = DynamoDBOrders.get
    DynamoDBOrders.get = lambda self, order_id: (get(self, order_id), get(self, order_id))[0]
print([(r.name, r.ours, r.met) for r in store_requests.measure([6, 12])])
"""


@pytest.mark.parametrize(("arguments", "found"), [([], "1, True"), (["twice"], "2, False")])
def test_a_request_more_is_seen(arguments: list[str], found: str) -> None:
    """In a process of its own, since the function is wired once."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)

    assert f"('GET /orders/{{order_id}}', {found})" in done.stdout
    assert "('POST /orders with an idempotency key', 1, True)" in done.stdout
    assert "('GET /products', 0, True)" in done.stdout


def test_the_steps_of_a_command_are_read_from_what_it_says() -> None:
    """Those that ended, with their seconds."""
    said = "emulator …\nemulator: done in 2.1 s, port 4566\ndeploy web_api (0/81) …\ndeploy web_api: done in 10.0 s\n"

    assert steps(said) == {"emulator": 2.1, "deploy web_api": 10.0}

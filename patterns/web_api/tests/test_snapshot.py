"""SnapStart: the application is built and warm before the snapshot, and nothing that must differ is made."""

import subprocess
import sys

from patterns_web_api.snapshot import before_snapshot

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "STAGE": "test",
    "APP_VERSION": "1.2.3",
    "ORDERS_TABLE": "orders",
    "USER_POOL_CLIENT_ID": "client",
    "CURSOR_SECRET_ARN": "arn:secret",
}
RUNTIME = """
import sys, types
hooks = []
runtime = types.ModuleType("snapshot_restore_py")
runtime.register_before_snapshot = hooks.append
sys.modules["snapshot_restore_py"] = runtime
import patterns_web_api.entrypoints.api as entrypoint
assert entrypoint.app.cache_info().currsize == 0, "built on import"
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-I", "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )


def test_priming_answers_two_requests_and_makes_nothing_that_must_differ() -> None:
    """No order id, no secret, no connection: they would be the same in every environment, or stale in it."""
    done = run(
        RUNTIME
        + """
def refuse(*_, **__): raise AssertionError("not before the snapshot")
import patterns_shared.adapters.order_ids as ids, patterns_shared.adapters.secret as secret
ids.uuid7 = refuse
secret.CachedSecret.value = refuse
sys.addaudithook(lambda event, _: refuse() if event == "socket.connect" else None)
(hook,) = hooks
hook()
assert entrypoint.app.cache_info().currsize == 1
"""
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"message":"request"') == 2
    assert '"route":"GET /health","status":200' in done.stdout
    assert '"route":"POST /orders","status":401' in done.stdout


def test_outside_that_runtime_there_is_no_hook() -> None:
    """And nothing goes wrong."""
    before_snapshot(refuse)


def refuse() -> None:
    """Fail the test: this must not be called."""
    raise AssertionError

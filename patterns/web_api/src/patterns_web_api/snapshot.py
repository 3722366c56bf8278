"""Lambda SnapStart: work that is done once, before the snapshot that every environment starts from."""

from collections.abc import Callable

__all__ = ["before_snapshot"]


def before_snapshot(hook: Callable[[], None]) -> None:
    """Have Lambda's runtime call ``hook`` before it takes a snapshot; elsewhere there is none to take.

    The module comes with AWS's managed runtime for Python 3.12 and later, and only there.
    """
    try:
        from snapshot_restore_py import register_before_snapshot  # noqa: PLC0415 - absent outside that runtime
    except ImportError:
        return
    register_before_snapshot(hook)

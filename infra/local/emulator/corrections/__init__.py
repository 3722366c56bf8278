"""Where the pinned MiniStack differs from AWS and the patterns would notice: one module a difference.

Each module's docstring says what AWS does and what the emulator does. Each has a test in ``infra/local/tests`` that
sees the difference in an uncorrected emulator, so that it fails, and the correction can go, once a newer version
behaves.
"""

from importlib.metadata import version

from corrections import (
    batch_permissions,
    cognito_attributes,
    cognito_usernames,
    cognito_verification,
    container_engine,
    container_settings,
    kubernetes_resources,
    labelled_alarms,
    lambda_pool,
    mail_delivery,
    mail_events,
    mail_permissions,
    more_resources,
    object_events,
    parsed_expressions,
    partiql_permissions,
    put_events_conditions,
    request_path,
    run_task_requests,
    run_task_sync,
    schedules,
    secret_references,
    stream_mappings,
    stream_permissions,
    task_definition_properties,
    task_placement,
    task_role,
    task_start_failures,
    task_stops,
    unpacked_code,
    validation_messages,
    version_ranges,
    workflow_branches,
    workflow_history,
    workflow_language,
    workflow_map_runs,
    workflow_s3,
    workflow_starts,
    workflow_stops,
)

__all__ = ["CORRECTIONS", "apply_all"]

PINNED = "1.5.33"
"""The version whose insides the corrections know."""

CORRECTIONS = (
    batch_permissions.correct,
    cognito_usernames.correct,
    cognito_verification.correct,
    # Last, so that it is asked first.
    cognito_attributes.correct,
    container_engine.correct,
    container_settings.correct,
    kubernetes_resources.correct,
    labelled_alarms.correct,
    lambda_pool.correct,
    mail_delivery.correct,
    mail_events.correct,
    mail_permissions.correct,
    more_resources.correct,
    object_events.correct,
    parsed_expressions.correct,
    partiql_permissions.correct,
    put_events_conditions.correct,
    request_path.correct,
    run_task_requests.correct,
    run_task_sync.correct,
    schedules.correct,
    secret_references.correct,
    stream_mappings.correct,
    stream_permissions.correct,
    task_definition_properties.correct,
    task_placement.correct,
    task_role.correct,
    task_start_failures.correct,
    task_stops.correct,
    unpacked_code.correct,
    validation_messages.correct,
    version_ranges.correct,
    workflow_branches.correct,
    workflow_history.correct,
    workflow_language.correct,
    workflow_map_runs.correct,
    workflow_s3.correct,
    workflow_starts.correct,
    workflow_stops.correct,
)


def apply_all() -> None:
    """Apply every correction; refuse any other version than the pinned one."""
    installed = version("ministack")
    if installed != PINNED:
        raise SystemExit(f"the corrections are for MiniStack {PINNED}, not {installed}: see infra/local/emulator")
    for correct in CORRECTIONS:
        correct()

"""DynamoDB streams that feed a function.

AWS keeps a shard in order and loses nothing: a batch that fails is tried again, from the first record that the
function names in ``batchItemFailures`` when the mapping reports those; a failing batch is halved when the mapping
says so; after ``MaximumRetryAttempts`` or ``MaximumRecordAgeInSeconds`` its place in the stream goes to the failure
destination and the shard goes on. (Lambda developer guide, "Using Lambda with DynamoDB".)

The emulator never looks at ``batchItemFailures``: it steps over the failed records, and they are lost. It does not
halve batches and ignores the limit on retries, so that a poison record blocks the shard until it is too old.
"""

import time
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, lambda_svc

__all__ = ["correct"]

Mapping = dict[str, Any]
Record = dict[str, Any]


@dataclass
class _Trouble:
    """A batch that failed: where it begins, how often it was tried, how many records are tried at once."""

    position: int
    tries: int
    limit: int


_troubles: dict[str, _Trouble] = {}


def correct() -> None:
    """Put this poller in the place of the emulator's."""
    lambda_svc._poll_dynamodb_streams = _poll


def _poll() -> bool:
    """Give every mapping one batch; whether any got further."""
    moved = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        tokens = _request_account_id.set(account), _request_region.set(region)
        try:
            moved = _poll_one(mapping) or moved
        finally:
            _request_account_id.reset(tokens[0])
            _request_region.reset(tokens[1])
    return moved


def _poll_one(mapping: Mapping) -> bool:
    table, mapping_id = _table_of(mapping), mapping["UUID"]
    if table is None or lambda_svc._esm_backoff_until.get(mapping_id, 0) > time.time():
        return False
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    if function is None:
        return False
    position = _position(mapping, table)
    trouble = _troubles.get(mapping_id)
    if trouble is None or trouble.position != position:
        trouble = _Trouble(position, 0, int(mapping.get("BatchSize", 100)))
    records = dynamodb.stream_records_since(table, position, trouble.limit)
    if not records:
        return False
    wanted = lambda_svc._apply_filter_criteria(records, mapping)
    failed = _first_failure(function, mapping, wanted) if wanted else None
    if failed is None:
        return _advance(mapping, position + len(records), f"OK - {len(wanted)} records")
    done = next(index for index, record in enumerate(records) if record is failed)
    if done:
        return _advance(mapping, position + done, f"OK - {done} records, then a failure")
    mapping["LastProcessingResult"] = "PROBLEM: Function call failed"
    return _try_again(function, mapping, records, trouble)


def _try_again(function: Any, mapping: Mapping, records: list[Record], trouble: _Trouble) -> bool:
    """Decide what becomes of a batch whose first record failed."""
    mapping_id = mapping["UUID"]
    _troubles[mapping_id] = trouble
    if mapping.get("BisectBatchOnFunctionError") and len(records) > 1:
        # AWS does not count a halving as a try.
        trouble.limit = len(records) // 2
        return True
    trouble.tries += 1
    reason = _reason_to_give_up(mapping, records, trouble.tries)
    if reason:
        arn = mapping["EventSourceArn"]
        lambda_svc._send_ddb_stream_failure_record(mapping, function, records, arn, {}, reason)
        return _advance(mapping, trouble.position + len(records), f"PROBLEM: {reason}")
    lambda_svc._esm_backoff_until[mapping_id] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    return False


def _reason_to_give_up(mapping: Mapping, records: list[Record], tries: int) -> str:
    retries = int(mapping.get("MaximumRetryAttempts", -1))
    if retries >= 0 and tries > retries:
        return "RetryAttemptsExhausted"
    limit = int(mapping.get("MaximumRecordAgeInSeconds", -1))
    oldest = min(float(record["dynamodb"].get("ApproximateCreationDateTime", time.time())) for record in records)
    return "RecordAgeExceeded" if 0 < limit < time.time() - oldest else ""


def _first_failure(function: Any, mapping: Mapping, records: list[Record]) -> Record | None:
    """Run the function; the first record that it did not do."""
    result = lambda_svc._execute_function(function, {"Records": records})
    lambda_svc.logger.info("stream mapping %s: %d records\n%s", mapping["UUID"], len(records), result.get("log", ""))
    if result.get("error"):
        return records[0]
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []):
        return None
    body = result.get("body")
    named = (body.get("batchItemFailures") or []) if isinstance(body, dict) else []
    places = {record["dynamodb"]["SequenceNumber"]: index for index, record in enumerate(records)}
    try:
        failed = [places[failure["itemIdentifier"]] for failure in named]
    except (KeyError, TypeError):
        # A sequence number that is not of this batch fails the batch as a whole.
        return records[0]
    return records[min(failed)] if failed else None


def _advance(mapping: Mapping, position: int, outcome: str) -> bool:
    mapping["LastProcessingResult"] = outcome
    _troubles.pop(mapping["UUID"], None)
    lambda_svc._esm_backoff_until.pop(mapping["UUID"], None)
    with lambda_svc._dynamodb_stream_positions_lock:
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = position
    return True


def _position(mapping: Mapping, table: str) -> int:
    """Return where the mapping reads next; records older than a day are gone."""
    horizon, end = dynamodb.stream_start_position(table), dynamodb.stream_end_position(table)
    start = horizon if mapping.get("StartingPosition") == "TRIM_HORIZON" else end
    with lambda_svc._dynamodb_stream_positions_lock:
        position = max(lambda_svc._dynamodb_stream_positions.get(mapping["UUID"], start), horizon)
        lambda_svc._dynamodb_stream_positions[mapping["UUID"]] = position
    return position


def _table_of(mapping: Mapping) -> str | None:
    """Return the table whose current stream feeds the mapping."""
    arn = mapping.get("EventSourceArn", "")
    if not mapping.get("Enabled", True) or ":dynamodb:" not in arn:
        return None
    found = lambda_svc._dynamodb_stream_table_from_arn_spec(lambda_svc.parse_arn(arn))
    table = dynamodb._tables.get(found[0]) if found else None
    return found[0] if table and table.get("LatestStreamArn") == arn else None

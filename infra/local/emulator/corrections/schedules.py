"""EventBridge Scheduler: when a schedule fires, and what its target gets.

AWS evaluates ``cron`` and ``at`` in the schedule's time zone, refuses a zone that there is not, and replaces in the
target's input ``<aws.scheduler.scheduled-time>`` (the moment that it was due, not the one when it fired) and three
others. https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html

The emulator's CloudFormation drops the zone, start and end; the rest of it keeps the zone and fires in UTC, hands the
placeholders on, and looks every ten seconds, for the first time after a schedule's first minute may have passed.

Corrected, looking every second. A machine that slept fires a schedule once when it wakes, for the first moment that it
missed.
"""

import secrets
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ministack.core.responses import get_account_id, new_uuid, request_scope
from ministack.services import eventbridge, scheduler
from ministack.services.cloudformation import provisioners

__all__ = ["correct"]

Schedule = dict[str, Any]
Properties = dict[str, Any]

_DROPPED = ("ScheduleExpressionTimezone", "StartDate", "EndDate", "KmsKeyArn")
_INTERVAL = 1
_ZONE = "ScheduleExpressionTimezone"


def correct() -> None:
    """Keep the properties, and fire in this way."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]
    create = partial(_provision, provisioners._scheduler_schedule_create)
    provisioners._scheduler_schedule_create = handlers["create"] = create
    handlers["update"] = partial(_reprovision, provisioners._scheduler_schedule_update)
    scheduler._create_schedule = partial(_check, scheduler._create_schedule)
    scheduler._update_schedule = partial(_check, scheduler._update_schedule)
    scheduler._SCHEDULE_TICK_INTERVAL = _INTERVAL
    scheduler._tick_schedules = _tick


def _provision(original: Any, logical_id: str, props: Properties, stack: str) -> Any:
    name, attributes = original(logical_id, props, stack)
    return _complete(name, props), attributes


def _reprovision(original: Any, physical_id: str, old: Properties, new: Properties, stack: str) -> Any:
    name, attributes = original(physical_id, old, new, stack)
    return _complete(name, new), attributes


def _complete(name: str, props: Properties) -> str:
    """Give the schedule what the emulator's handler dropped."""
    key = f"{props.get('GroupName', 'default')}/{name}"
    problem = _problem(props) or (None if key in scheduler._schedules else f"there is no schedule {key}, or no group")
    if problem:
        scheduler._schedules.pop(key, None)
        raise ValueError(f"AWS::Scheduler::Schedule failed: {problem}")
    dropped = {each: props.get(each) for each in _DROPPED}
    scheduler._schedules[key] |= {**dropped, "LastModificationDate": time.time(), _ZONE: props.get(_ZONE) or "UTC"}
    return name


def _check(original: Any, name: str, request: Properties) -> Any:
    problem = _problem(request)
    return scheduler._error(400, "ValidationException", problem) if problem else original(name, request)


def _problem(request: Properties) -> str | None:
    """Return why AWS refuses a schedule: it would never fire."""
    try:
        ZoneInfo(request.get(_ZONE) or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return f"Invalid Schedule Expression Timezone {request[_ZONE]}."
    expression = request.get("ScheduleExpression")
    try:
        due = _due({"LastModificationDate": time.time(), **request}, None) if expression else 0.0
    except ValueError:
        due = None
    return f"Invalid Schedule Expression {expression}." if due is None else None


def _tick() -> None:
    """Fire every schedule that is due."""
    now = time.time()
    for key, schedule in list(scheduler._schedules._data.items()):
        account, region, _ = key
        end = scheduler._to_epoch(schedule.get("EndDate")) or float("inf")
        due = _due(schedule, scheduler._schedule_last_fired.get(key))
        over = now > end
        if schedule.get("State") == "ENABLED" and due is not None and due <= min(now, end):
            scheduler._schedule_last_fired[key] = due
            with request_scope(account, region):
                _fire(schedule, due)
            over = over or _moment(schedule) is not None
        if over and schedule.get("ActionAfterCompletion") == "DELETE":
            scheduler._schedules._data.pop(key, None)
            scheduler._schedule_last_fired.pop(key, None)


def _due(schedule: Schedule, last: float | None) -> float | None:
    """Return when a schedule fires next, seconds since the epoch; `None` for never."""
    moment = _moment(schedule)
    if moment is not None:
        return moment if moment > (last or 0.0) else None
    start = max(schedule["LastModificationDate"], scheduler._to_epoch(schedule.get("StartDate")) or 0.0)
    since = max(start, last or 0.0)
    expression = schedule["ScheduleExpression"]
    seconds = eventbridge._parse_rate_seconds(expression)
    if seconds is not None:
        return since + float(seconds)
    fields = eventbridge._parse_cron_fields(expression)
    following = eventbridge._cron_next_fire(fields, datetime.fromtimestamp(since, _zone(schedule))) if fields else None
    return following.timestamp() if following else None


def _moment(schedule: Schedule) -> float | None:
    """Return when a one-time schedule is due."""
    text = schedule["ScheduleExpression"].strip()
    if not text.startswith("at("):
        return None
    return datetime.fromisoformat(text[3:-1].strip()).replace(tzinfo=_zone(schedule)).timestamp()


def _zone(schedule: Schedule) -> ZoneInfo:
    return ZoneInfo(schedule.get(_ZONE) or "UTC")


def _fire(schedule: Schedule, due: float) -> None:
    arn, moment = schedule["Arn"], datetime.fromtimestamp(int(due), UTC).isoformat().replace("+00:00", "Z")
    target, given = dict(schedule["Target"]), {"scheduled-time": moment, "schedule-arn": arn, "attempt-number": "1"}
    for name, value in {**given, "execution-id": secrets.token_hex(8)}.items():
        if target.get("Input"):
            target["Input"] = target["Input"].replace(f"<aws.scheduler.{name}>", value)
    event = {
        "EventId": new_uuid(),
        "Source": "aws.scheduler",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": due,
        "Resources": [arn],
        "Account": get_account_id(),
        "Region": arn.split(":")[3],
    }
    eventbridge._invoke_target(target, event, schedule)

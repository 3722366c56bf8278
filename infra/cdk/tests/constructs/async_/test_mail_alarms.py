"""Mails that wait because the account may not send raise an alarm that names the cause."""

import json
import re

from patterns_infra.constructs.async_.held_mails import FAULTS
from patterns_infra.receivers import read_receivers
from patterns_infra.synthesized import SynthesizedStack


def test_each_cause_has_an_alarm_that_names_it(anywhere_async: SynthesizedStack) -> None:
    """One mail within an hour is enough, since a waiting mail is tried every half hour; it says what to do."""
    stage = anywhere_async.function("notify")["Environment"]["Variables"]["STAGE"]
    alarms = {
        dimensions["cause"]: alarm
        for alarm in anywhere_async.all("CloudWatch::Alarm")
        if (dimensions := {x["Name"]: x["Value"] for x in alarm.get("Dimensions", [])}).get("cause")
        and dimensions == {"service": "async", "stage": stage, "cause": dimensions["cause"]}
    }
    advice = json.loads(FAULTS.read_text())
    assert list(alarms) == list(advice)
    for cause, alarm in alarms.items():
        assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Patterns", "MailsHeld", "Sum")
        assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (1, 60, 60)
        assert alarm["DatapointsToAlarm"] == 1
        assert cause in alarm["AlarmDescription"]
        assert advice[cause] in alarm["AlarmDescription"]
        assert len(alarm["AlarmDescription"]) <= 1024


def test_the_alarms_days_are_the_queues(anywhere_async: SynthesizedStack) -> None:
    """What an alarm promises is less than what the queue keeps."""
    texts = [x["AlarmDescription"] for x in anywhere_async.all("CloudWatch::Alarm")]
    (days,) = {found[1] for text in texts if (found := re.search(r"(\w+) days are left", text))}
    assert days == "four"
    assert read_receivers()["notify"].queue.retention_days > 2 * 4

"""``python -m benchmarks.peers.bare_worker``: receive ten, publish ten outcomes, delete ten, for ever.

No message is looked at: each outcome is as long as one of ours, and the same for every order. Nothing is retried, held,
logged or counted.
"""

import os

import boto3


def main() -> None:
    """Work until killed."""
    queue_url, topic = os.environ["QUEUE_URL"], os.environ["TOPIC_ARN"]
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    attributes = {"type": {"DataType": "String", "StringValue": "OrderFulfilled"}}
    while True:
        answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        messages = answer.get("Messages", [])
        if not messages:
            continue
        outcomes = [
            {"Id": str(n), "Message": each["Body"], "MessageAttributes": attributes} for n, each in enumerate(messages)
        ]
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=outcomes)
        done = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=queue_url, Entries=done)


if __name__ == "__main__":
    main()

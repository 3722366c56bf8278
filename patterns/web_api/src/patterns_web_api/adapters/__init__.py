"""What only this pattern needs from AWS: records of the table's stream, messages of its queues."""

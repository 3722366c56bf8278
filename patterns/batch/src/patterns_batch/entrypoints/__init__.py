"""What the container runs: one command, a step at a time, and its health check."""

"""Sales reports from outside of the deployed batch: starting an execution, following it, finding what it published."""

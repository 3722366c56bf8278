"""What there must be, and what a status says: pure, without a cluster, AWS or kopf."""

"""Pattern 4: the outcomes of orders, delivered to a ledger, a partner, a mailbox and the event bus."""

"""Pattern 4: what became of an order, to a ledger, a partner, a mailbox and the event bus."""

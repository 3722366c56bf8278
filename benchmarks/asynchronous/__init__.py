"""The asynchronous pattern's ledger against the same work written otherwise, in a process and from end to end."""

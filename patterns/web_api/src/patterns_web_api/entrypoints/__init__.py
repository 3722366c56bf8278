"""What Lambda calls: each handler decodes an event, calls one use case, encodes the answer."""

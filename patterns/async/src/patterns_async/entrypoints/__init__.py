"""What Lambda calls: each handler hands a batch of messages to its receiver and answers which ones failed."""

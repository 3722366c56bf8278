"""The use cases: what the web API does, given the ports, with no HTTP and no AWS in sight."""

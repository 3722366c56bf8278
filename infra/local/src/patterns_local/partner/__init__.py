"""The partner of the local platform: takes signed events as patterns/async/README.md says, and fails when told to."""

"""The CDK app, the local platform and the `patterns` command line."""

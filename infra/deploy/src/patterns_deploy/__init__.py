"""Deploying stacks to any target: synthesis, the CDK command line, images, Kubernetes, programs and their progress."""

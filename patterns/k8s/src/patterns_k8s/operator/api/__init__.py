"""The way to Kubernetes and AWS: requests, their errors, and what is looked up."""

"""Pattern 3: an operator on Kubernetes and the order workers that it runs."""

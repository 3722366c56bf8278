"""A real Kubernetes control plane as processes of this machine: Kubernetes' own programs.

Nodes are not its business: `patterns_local.kubelet` is the one that runs pods.
"""

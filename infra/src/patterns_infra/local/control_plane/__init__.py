"""A real Kubernetes control plane as processes of this machine: etcd, kube-apiserver, kube-controller-manager.

Nodes are not its business: `patterns_infra.local.kubelet` is the one that runs pods.
"""

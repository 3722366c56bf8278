"""A node whose pods are processes of this machine.

It does a kubelet's work with the API server, so that Deployments, Jobs, `kubectl get` and `kubectl logs` are real.
Containers have no images, network and limits of their own: docs/local.md says what follows from that.
"""

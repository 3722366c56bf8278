"""What `patterns deploy` does in a Kubernetes cluster, wherever it is: the local one, EKS, or any by its kubeconfig."""

"""The Kubernetes pattern's operator and worker against bare ones, on the local cluster and platform."""

"""Reads, checks and tries the Kubernetes manifests of deploy/k8s."""

"""`make test-k8s`: the manifests on a real cluster."""

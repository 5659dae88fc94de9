"""The pocket cluster: real Kubernetes in namespaces of this machine, without Docker and without root."""

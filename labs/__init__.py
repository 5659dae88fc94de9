"""Interactive labs: Kubernetes for machine learning, on a real cluster beside the notebook."""

"""The Deployment lesson."""

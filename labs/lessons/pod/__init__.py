"""The lesson on Pods."""

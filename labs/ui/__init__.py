"""The widgets of the course."""

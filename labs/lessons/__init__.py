"""The content of the course: one folder per lesson."""

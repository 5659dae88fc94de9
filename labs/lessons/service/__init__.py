"""The Service lesson."""

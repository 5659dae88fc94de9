"""The GPU lesson."""

"""Pure functions from the state of a workbench to what its page shows."""

"""One mind each; all open a BackendSession."""

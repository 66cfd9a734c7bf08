"""The phone lab: a carrier, a model server and callers on loopback."""

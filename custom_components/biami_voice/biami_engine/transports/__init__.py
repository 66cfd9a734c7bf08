"""One wire each; all end in a Leg."""

"""One call as a state machine: events in, commands out; no I/O, no clock."""

"""What the agent may do: plain typed functions and the ports a host must fulfil."""

"""One subject: the call engine of Biami Voice, free of any host."""

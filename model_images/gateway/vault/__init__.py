"""The token vault as a service of its own, on the confidential machines: it keeps rows that it can't read."""

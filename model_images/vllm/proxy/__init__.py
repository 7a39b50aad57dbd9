"""What stands before the server in its pod: mutual TLS, and the few requests that ask a model something."""

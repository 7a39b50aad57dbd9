"""The only door to the models: Envoy in front, the guard behind it, on one Unix socket."""

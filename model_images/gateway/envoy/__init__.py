"""Envoy's configuration, made from the gateway's settings: nothing of it is written by hand per stack."""

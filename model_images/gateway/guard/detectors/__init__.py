"""Detectors of identifiers: each finds spans, none decides."""

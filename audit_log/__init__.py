"""The audit log as anybody can read it: its form on disk, its proofs, and what of it may leave as statistics.

The gateway writes it (`model_images/gateway/guard/audit/`) and the command reads it (`cli/audit.py`), both by this
package; it knows neither, and has no network.
"""

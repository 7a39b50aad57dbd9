"""Weights by their checksums: the manifest, its signature, what may lie beside it, and the hash at the disk's speed.

Stands alone, as `audit_log` does: the importer writes it, the model server's image reads it, an auditor checks it with
Python, `cryptography` and nothing else of ours.
"""

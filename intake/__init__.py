"""How weights come in: copied so that a break costs little, looked through, hashed, signed, and laid down for good.

Run by the runner inside the network (docs/adr/0022), never by the cluster. Every step leaves on disk what it did, so
that a run that was killed goes on where it was; what was done is not done again, and ends in the same bytes.
"""

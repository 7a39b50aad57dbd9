"""What gets built: one ComponentResource per concern. `platform.py` alone knows the order."""

"""One writer per format that another program reads."""

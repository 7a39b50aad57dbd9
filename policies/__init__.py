"""What is refused, and why. Rules by concern, packs by owner, regulations as data."""

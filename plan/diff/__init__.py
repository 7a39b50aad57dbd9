"""What differs between two plans: as data, with every secret masked before anything else sees it."""

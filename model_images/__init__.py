"""What runs inside the boundary: images of the platform, with their source."""

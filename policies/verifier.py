"""The verifier of images, by name: the one namespace whose pods may ask the API server, and who they are there."""

VERIFIERS, ACCOUNT = "image-verification", "verifier"

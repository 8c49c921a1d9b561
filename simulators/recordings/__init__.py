"""Recording what is published, and playing what was recorded."""

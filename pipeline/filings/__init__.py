"""What enterprises send in: read, normalise, check; every row ends in exactly one place."""

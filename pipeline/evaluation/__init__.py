"""Which grade does an enterprise deserve by a declared scheme, and does it hang on a choice of ours? See `evaluate`."""

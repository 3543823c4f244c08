"""Figures: one theme, one tile grid, one way to hand them to the report."""

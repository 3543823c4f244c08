"""From executed notebooks to HTML, PDF and Word."""

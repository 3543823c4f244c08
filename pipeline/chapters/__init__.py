"""What a notebook of a chapter uses: its parameters and data in hand, and the figures that chapters share."""

"""From readings of meters to the monthly tables that enterprises file."""

"""How a finding is worded and a number printed, in each language of the report."""

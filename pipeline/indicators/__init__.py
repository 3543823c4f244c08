"""What is computed about the industry, and how it stands against the plan's targets."""

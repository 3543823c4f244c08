"""The command `green-report`."""

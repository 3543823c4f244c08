"""What may come: projection of energy and emissions, what drives their change, how sure it is."""

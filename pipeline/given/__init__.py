"""What is given from outside: the plan, published statistics, factors, parameters, names of places, units."""

"""What may the public see? Sensitive cells are found, enough others hidden beside them, and the result is attacked."""

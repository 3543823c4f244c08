"""Two engines behind one interface: Quarto where there is one, else pandoc and typst from PyPI."""

"""The same route written three other ways, each as its own documentation shows; none imports this project."""

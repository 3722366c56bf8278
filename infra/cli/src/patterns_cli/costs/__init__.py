"""What the patterns cost: dated prices, what a template and the code use of them, and the tables of the pages."""

"""Pattern 2: a sales report of a day's orders, or of a file of them, made in steps that survive their failures."""

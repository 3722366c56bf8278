"""The batch pattern's task: a file of order lines against a hand-written query and a loop, a table against a scan."""

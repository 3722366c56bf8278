"""The same two pieces of work on each compute: the fulfilment of an order, and the report of a file of order lines."""

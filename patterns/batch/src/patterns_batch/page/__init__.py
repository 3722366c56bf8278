"""The report as people and machines read it: one JSON document, and one page that needs nothing else."""

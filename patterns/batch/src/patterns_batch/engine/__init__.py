"""DuckDB over files on this machine: from order lines to sums, exact, in bounded memory (decision record 0015)."""

"""One way for all patterns to log, to measure, and to follow one order by one trace id."""

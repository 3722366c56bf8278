"""Which service for which part: the guide, which is one data file, and the way through it."""

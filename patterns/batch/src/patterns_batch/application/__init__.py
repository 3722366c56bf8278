"""The steps of a run, given what they need from outside; each can be repeated, and repeats nothing that is done."""

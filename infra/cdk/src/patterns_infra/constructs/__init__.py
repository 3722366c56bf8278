"""What the patterns' stacks are made of; each file is one thing."""

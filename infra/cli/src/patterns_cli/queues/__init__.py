"""Dead letters: which queues there are, what is in them, and the ways back."""

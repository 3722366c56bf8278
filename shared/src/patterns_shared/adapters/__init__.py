"""The ports on AWS. Each module stands alone: import the one you need, and pay for no other at a cold start."""

"""What the four patterns share: the shop's domain, its adapters, its observability."""

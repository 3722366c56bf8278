"""Pictures of what people see, taken in a real browser; and tests of it there."""

"""What each receiver does with an event, on ports that tests can stand in for."""

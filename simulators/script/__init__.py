"""What happens because a script says so."""

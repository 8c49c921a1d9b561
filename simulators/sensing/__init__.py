"""What sensors make of what happens: readings, and all that goes wrong on their way."""

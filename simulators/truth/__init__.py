"""What really happened, told without code of the engine, and how what was found is held against it."""

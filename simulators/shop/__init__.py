"""The store and the people in it: where one can walk, who comes, what they do there, who works there."""

"""The same job done with other stream processors, each a program of its own that knows nothing of instore."""

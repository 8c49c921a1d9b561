"""What instore is measured by: `instore bench`, and scripts of single questions."""

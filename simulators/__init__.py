"""Stands in for the hardware: a store, its shoppers, faults, ground truth, replay, and the demo that reconciles them."""

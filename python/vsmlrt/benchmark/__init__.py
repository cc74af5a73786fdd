"""Measuring networks: frames per second and memory of five families over sizes, streams and shape ranges."""

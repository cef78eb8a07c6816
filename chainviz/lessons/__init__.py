"""The classroom scenes: each one call in a notebook, a small composition of the rooms above.

Loaded on first use, since their figures need matplotlib.
"""

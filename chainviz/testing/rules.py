"""What may differ between two runs of a notebook without being a mistake: what nbval takes out before it compares."""

SANITISING = (
    # Graphviz versions differ in coordinates by fractions of a point: the texts of a picture are compared, its places
    # are not.
    (r'(\s)(d|x|y|rx|dy|width|height|viewBox|transform)="[^"]*"(?=[^<>]*>)', r'\1\2="."'),
    # The same pictures, packed.
    (r'data:image/svg\+xml;base64,[^"]*', "data:image/svg+xml"),
)
"""Pairs of a regular expression and its replacement, in the order in which they are applied."""

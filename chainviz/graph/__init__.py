"""The recorded computation as plain data."""

from .graph import Edge, Graph, Node, Reference
from .trace import trace

__all__ = ["Edge", "Graph", "Node", "Reference", "trace"]

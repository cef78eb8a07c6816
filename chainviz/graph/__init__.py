"""The recorded computation as plain data."""

from .blame import Blame, blame
from .graph import Graph
from .node import Edge, Node, Reference
from .replay import compile
from .trace import trace

__all__ = ["Blame", "Edge", "Graph", "Node", "Reference", "blame", "compile", "trace"]

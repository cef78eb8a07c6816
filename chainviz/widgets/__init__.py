"""ipywidgets and the player."""

from .explore import Explorer, explore
from .player import Player

__all__ = ["Explorer", "Player", "explore"]

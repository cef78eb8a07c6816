"""ipywidgets and the player."""

from .explore import Explorer, explore
from .from_code import from_code
from .player import Player
from .sharecode import ShareCodeError

__all__ = ["Explorer", "Player", "ShareCodeError", "explore", "from_code"]

"""Access: who is asking, what they may do, and where."""

from gridmap.access.model import ApiToken, Grant, Level, SignIn, User, UserSession
from gridmap.access.rules import RULES, Action, Viewer, permits

__all__ = ["RULES", "Action", "ApiToken", "Grant", "Level", "SignIn", "User", "UserSession", "Viewer", "permits"]

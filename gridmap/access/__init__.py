"""Access: who is asking, what they may do, and where."""

from gridmap.access.accounts import (
    Account,
    accounts,
    change_password,
    create_user,
    lock,
    person_called,
    reset_password,
    unlock,
    user_named,
)
from gridmap.access.model import ApiToken, Grant, Level, SignIn, User, UserSession
from gridmap.access.rules import RULES, Action, Viewer, permits
from gridmap.access.sessions import Viewers, close_session, open_session
from gridmap.access.sign_in import SignedIn, authenticate, prove, record_event
from gridmap.access.tokens import create_token, revoke_tokens

__all__ = [
    "RULES",
    "Account",
    "Action",
    "ApiToken",
    "Grant",
    "Level",
    "SignIn",
    "SignedIn",
    "User",
    "UserSession",
    "Viewer",
    "Viewers",
    "accounts",
    "authenticate",
    "change_password",
    "close_session",
    "create_token",
    "create_user",
    "lock",
    "open_session",
    "permits",
    "person_called",
    "prove",
    "record_event",
    "reset_password",
    "revoke_tokens",
    "unlock",
    "user_named",
]

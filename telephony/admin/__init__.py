"""The panel's pages: one module for each group of models. Django registers what is imported here."""

from telephony.admin import calls, endpoints, fallbacks, networks, numbers, policy, users

__all__ = ["calls", "endpoints", "fallbacks", "networks", "numbers", "policy", "users"]

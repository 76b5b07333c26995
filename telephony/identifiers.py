"""The forms of identifiers: E.164 for numbers, Twilio's SIDs for accounts and calls."""

import re

# ITU-T E.164: at most 15 digits, country code first. No line has fewer than 7.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
ACCOUNT_SID = re.compile(r"AC[0-9A-Za-z]{32}")
NUMBER_SID = re.compile(r"PN[0-9a-f]{32}")
# Twilio's have 32 hexadecimal digits; switches that speak its language use other lengths.
CALL_SID = re.compile(r"CA[0-9A-Za-z]{1,62}")
# With this begins the auth token that `make run` makes up. Twilio's have 32 hexadecimal digits.
MADE_UP_TOKEN = "made-up-"  # noqa: S105

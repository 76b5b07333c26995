"""What numbers, accounts and calls are called: E.164, and Twilio's SIDs."""

import re

# ITU-T E.164: at most 15 digits, the country code first. Shorter than 7 is no line of anybody's.
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
ACCOUNT_SID = re.compile(r"AC[0-9A-Za-z]{32}")
NUMBER_SID = re.compile(r"PN[0-9a-f]{32}")
# Twilio's have 32 hexadecimal digits; switches that speak its language use other lengths.
CALL_SID = re.compile(r"CA[0-9A-Za-z]{1,62}")

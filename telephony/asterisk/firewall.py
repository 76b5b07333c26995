"""Renders an nftables table that opens SIP and RTP to Twilio's ranges and to addresses the user adds."""

from telephony.asterisk.snapshot import Server

# rtpstart and rtpend of Asterisk's stock rtp.conf.
RTP_PORTS = "10000-20000"

TABLE = """\
# Switchhook: SIP and RTP of the server {name} from Twilio only.
# Load with: nft -f FILE.  Remove with: nft delete table inet switchhook
# Your telephones and your trunk's provider belong in "own". Whatever the box itself calls, such as
# a trunk that it registers with, is let back in anyway.
table inet switchhook {{
    set twilio_signalling {{
        type ipv4_addr
        flags interval
        elements = {{ {signalling} }}
    }}
    set twilio_media {{
        type ipv4_addr
        flags interval
        elements = {{ {media} }}
    }}
    set own {{
        type ipv4_addr
        flags interval
        # elements = {{ 192.168.0.0/16 }}
    }}
    chain input {{
        type filter hook input priority filter; policy accept;
        iif lo accept
        ct state established,related accept
        ip saddr @own accept
        {protocol} dport {port} ip saddr @twilio_signalling accept
        {protocol} dport {port} drop
        udp dport {rtp} ip saddr @twilio_media accept
        udp dport {rtp} drop
    }}
}}
"""


def render(server: Server) -> str:
    """Return the table. Raises ValueError unless there are ranges of both kinds."""
    if not server.signalling or not server.media:
        raise ValueError("Networks of both kinds, signalling and media, are needed.")
    return TABLE.format(
        name=server.name,
        signalling=", ".join(server.signalling),
        media=", ".join(server.media),
        protocol="udp" if server.transport == "udp" else "tcp",
        port=server.port,
        rtp=RTP_PORTS,
    )

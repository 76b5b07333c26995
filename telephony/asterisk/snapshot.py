"""What is exported: one Asterisk server and its endpoints, as the database has them."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`username` and `password` are empty where Twilio's addresses are enough.

    `dial_s` is how long Asterisk rings it, in seconds.
    """

    user: str
    dialled_number: str
    trunk: str
    username: str = ""
    password: str = field(default="", repr=False)
    dial_s: int = 19


@dataclass(frozen=True, slots=True)
class Server:
    """Endpoints in any order; networks in CIDR form; `accounts` are the Twilio accounts we own."""

    name: str
    endpoints: tuple[Endpoint, ...]
    signalling: tuple[str, ...]
    media: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    driver: str = "pjsip"
    context: str = "fromtwilio"
    transport: str = "udp"
    port: int = 5060
    secure: bool = False
    account_check: str = "log"

    @property
    def is_digest(self) -> bool:
        return any(endpoint.username for endpoint in self.endpoints)

    @property
    def trunks(self) -> tuple[str, ...]:
        return tuple(sorted({endpoint.trunk for endpoint in self.endpoints}))

    def endpoints_in_order(self) -> list[Endpoint]:
        return sorted(self.endpoints, key=lambda endpoint: endpoint.user)

    def context_of(self, endpoint: Endpoint) -> str:
        """Each set of credentials leads to a context of its own, with one extension in it."""
        return f"{self.context}-{endpoint.username}" if endpoint.username else self.context

    @property
    def template(self) -> str:
        return f"{self.name}-twilio"

    @property
    def auth_template(self) -> str:
        return f"{self.name}-auth"

    @property
    def call_context(self) -> str:
        """The context with the dialplan that all calls share."""
        return f"{self.context}-call"

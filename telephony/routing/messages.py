"""What Twilio says in each language that the panel offers, unless a number has a message of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Messages:
    """For a caller whose last destination is busy, or who reaches nobody; and for whoever picks up."""

    busy: str
    unavailable: str
    press_key: str


DEFAULT_LANGUAGE = "en-US"
ENGLISH = Messages(
    "The line is busy. Please call again later.",
    "Nobody can take your call right now. Please call again later.",
    "You have a call. Press any key to answer it.",
)
LATIN_SPANISH = Messages(
    "La línea está ocupada. Por favor, llame más tarde.",
    "En este momento nadie puede atender su llamada. Por favor, llame más tarde.",
    "Tiene una llamada. Presione cualquier tecla para atenderla.",
)
BY_LANGUAGE: Mapping[str, Messages] = MappingProxyType(
    {
        "en-US": ENGLISH,
        "en-GB": ENGLISH,
        "es-MX": LATIN_SPANISH,
        "es-ES": Messages(
            "La línea está ocupada. Por favor, vuelva a llamar más tarde.",
            "Ahora mismo nadie puede atender su llamada. Por favor, vuelva a llamar más tarde.",
            "Tiene una llamada. Pulse cualquier tecla para contestar.",
        ),
        "pt-BR": Messages(
            "A linha está ocupada. Por favor, ligue novamente mais tarde.",
            "No momento, ninguém pode atender a sua ligação. Por favor, ligue novamente mais tarde.",
            "Você tem uma ligação. Pressione qualquer tecla para atender.",
        ),
        "fr-FR": Messages(
            "La ligne est occupée. Veuillez rappeler plus tard.",
            "Personne ne peut prendre votre appel pour le moment. Veuillez rappeler plus tard.",
            "Vous avez un appel. Appuyez sur une touche pour répondre.",
        ),
        "de-DE": Messages(
            "Der Anschluss ist besetzt. Bitte rufen Sie später noch einmal an.",
            "Im Moment kann niemand Ihren Anruf annehmen. Bitte rufen Sie später noch einmal an.",
            "Sie haben einen Anruf. Drücken Sie eine beliebige Taste, um ihn anzunehmen.",
        ),
        "it-IT": Messages(
            "La linea è occupata. Si prega di richiamare più tardi.",
            "Al momento nessuno può rispondere alla sua chiamata. Si prega di richiamare più tardi.",
            "Ha una chiamata in arrivo. Prema un tasto qualsiasi per rispondere.",
        ),
    }
)


def messages_in(language: str) -> Messages:
    return BY_LANGUAGE.get(language, ENGLISH)

"""What is spoken, in each language that the panel offers."""

import pytest

from telephony.models.choices import Language
from telephony.models.fields import validate_spoken
from telephony.routing.messages import BY_LANGUAGE, ENGLISH, messages_in


def test_every_language_that_can_be_chosen_has_its_messages():
    assert set(BY_LANGUAGE) == set(Language.values)


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_messages_are_whole_sentences_that_a_person_could_have_typed(language):
    messages = messages_in(language)
    for text in (messages.busy, messages.unavailable, messages.press_key):
        validate_spoken(text)
        assert text.endswith(".")
        assert len(text) <= 200


def test_only_english_speaks_english():
    english = {language for language, messages in BY_LANGUAGE.items() if messages == ENGLISH}

    assert english == {"en-US", "en-GB"}


def test_a_language_that_is_no_longer_offered_is_spoken_in_english():
    assert messages_in("xx-XX") == ENGLISH

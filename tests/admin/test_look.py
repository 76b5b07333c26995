"""The look: colours that can be read, a navigation with every page, badges that need no colour."""

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.test import Client

from project.site import SECTIONS
from telephony.admin.formats import LOOKS, outcome_badge
from telephony.models.choices import CallOutcome
from tests.admin.conftest import page, play, text

CSS = (
    Path(__file__).resolve().parent.parent.parent / "telephony/static/telephony/admin.css"
).read_text()
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", CSS)
}
# WCAG 2.2: text 4.5 (1.4.3), what is not text 3 (1.4.11).
TEXT, SHAPE = 4.5, 3.0
ON_PAGES = ("body-bg", "darkened-bg", "selected-bg", "selected-row")
MESSAGES = ("message-success-bg", "message-warning-bg", "message-error-bg")
PAIRS = [
    *((fg, bg, TEXT) for fg in ("body-fg", "body-quiet-color", "link-fg") for bg in ON_PAGES),
    *(("body-medium-color", bg, TEXT) for bg in ON_PAGES),
    *((fg, bg, TEXT) for fg in ("body-fg", "link-fg") for bg in MESSAGES),
    *((fg, "body-bg", TEXT) for fg in ("error-fg", "link-hover-color", "link-selected-fg")),
    ("error-fg", "darkened-bg", TEXT),
    *((fg, "breadcrumbs-bg", TEXT) for fg in ("breadcrumbs-fg", "breadcrumbs-link-fg")),
    *((f"header-{n}", "header-bg", TEXT) for n in ("color", "branding-color", "link-color")),
    ("header-color", "navigation-bg", TEXT),
    *(
        ("button-fg", f"{kind}{state}-bg", TEXT)
        for kind in ("button", "default-button", "close-button", "delete-button", "object-tools")
        for state in ("", "-hover")
    ),
    # The bars of a call's drawing.
    *((bar, "body-bg", SHAPE) for bar in ("fair-fg", "button-bg")),
    *((f"{look}-fg", f"{look}-bg", TEXT) for look in ("good", "fair", "bad", "going")),
    *(("border-color", bg, SHAPE) for bg in ("body-bg", "darkened-bg")),
    *(("focus-color", bg, SHAPE) for bg in ON_PAGES),
    *(("accent", bg, SHAPE) for bg in ("header-bg", "navigation-bg")),
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("fg", "bg", "least"), PAIRS)
def test_colours_stand_out_from_what_is_behind(fg: str, bg: str, least: float, theme: int) -> None:
    assert contrast(COLOURS[fg][theme], COLOURS[bg][theme]) >= least


def test_every_page_has_its_place_in_the_navigation() -> None:
    places = [name for names in SECTIONS.values() for name in names]
    assert sorted(places) == sorted(model.__name__ for model in admin.site._registry)


def test_the_navigation_follows_what_people_do(panel: Client) -> None:
    shown = text(panel.get(page("phonenumber", "changelist")))
    # The buttons above the list lead on from where one is.
    names = re.findall(r'<li><a href="/[^"]*"(?: aria-current="page")?>([^<]+)</a></li>', shown)
    assert names == [
        "Start",
        "Calls",
        "Numbers",
        "Endpoints",
        "Fallback numbers",
        "Servers",
        "Policy",
        "Carrier networks",
        "Users",
        "Groups",
    ]
    assert re.findall(r'aria-current="page">([^<]+)<', shown) == ["Numbers"]


@pytest.mark.parametrize(
    ("model", "title"), [("callrecord", "Calls"), ("phonenumber", "Numbers"), ("policy", "Policy")]
)
def test_a_list_is_called_what_it_lists(panel: Client, model: str, title: str) -> None:
    shown = text(panel.get(page(model, "changelist"), follow=True))
    assert "to change |" not in shown
    assert "to view |" not in shown
    if model != "policy":
        assert f"<h1>{title}</h1>" in shown
        assert f"<title>{title} | Switchhook</title>" in shown


def test_no_page_speaks_of_apps(panel: Client) -> None:
    for url in ("/admin/", page("phonenumber", "changelist"), page("sipendpoint", "add")):
        shown = text(panel.get(url))
        assert "Authentication and Authorization" not in shown
        assert ">Telephony<" not in shown


@pytest.mark.parametrize("outcome", CallOutcome)
def test_a_badge_has_a_mark_and_a_word(outcome: CallOutcome) -> None:
    look, mark = LOOKS[outcome]
    badge = outcome_badge(outcome.value, "what <became> of it")
    assert f">{mark}</span> what &lt;became&gt; of it</span>" in badge
    assert look == "quiet" or f".badge.{look} " in CSS


def test_a_call_shows_how_it_ended_as_a_badge(panel: Client) -> None:
    sid = play("0 voice\n6 voice/1 DialCallStatus=no-answer")
    shown = text(panel.get(page("callrecord", "change", sid)))
    assert '<span class="badge ' in shown

"""A route is built and ordered by keyboard, by button and by dragging."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_office_manager import open_number
from tests.live.conftest import Panel

pytestmark = pytest.mark.live
LANDLINE = "Office landline (demo)"
PEOPLE = ("Ana", "Bruno", "Carla")
ANA, BRUNO, CARLA = (f"{name} (+5989888888{place})" for place, name in enumerate(PEOPLE))
POSITIONS = "#steps-group tr.form-row:not(.empty-form) .order output"


def choose(page: Page, text: str, whole: str) -> None:
    """Type into the choice that has the focus, as somebody without a mouse."""
    page.keyboard.press("Enter")
    expect(page.locator(".select2-search__field")).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator(".select2-results__option--highlighted")).to_have_text(whole)
    page.keyboard.press("Enter")


def add_step(page: Page) -> None:
    page.locator("#steps-group .add-row a").focus()
    page.keyboard.press("Enter")


def rung(panel: Panel) -> list[str]:
    code = (
        "from telephony.models import RouteStep as S;"
        "print(*(f'{s.position} {s.destination}' for s in S.objects.all()), sep='|')"
    )
    return panel.shell(code).split("|")


def begin(panel: Panel, *rung: str) -> None:
    """Give the number a route of the landline and these fallback numbers, one after the other."""
    panel.shell(
        f"""
from telephony.models import FallbackNumber, PhoneNumber, RouteStep
number = PhoneNumber.objects.get(e164='+12025550100')
number.steps.filter(fallback_number__isnull=False).delete()
number.steps.update(position=1)
for place, name in enumerate({PEOPLE!r}):
    FallbackNumber.objects.get_or_create(
        label=name, defaults={{'e164': f'+5989888888{{place}}', 'cost_per_minute': 1}})
for position, name in enumerate({rung!r}, start=2):
    RouteStep.objects.create(
        number=number, position=position, fallback_number=FallbackNumber.objects.get(label=name))
"""
    )


def test_two_steps_are_added_moved_and_saved(page: Page, panel: Panel):
    begin(panel, "Carla")
    open_number(page)
    for text, whole in (("ana", ANA), ("bru", BRUNO)):
        add_step(page)
        choose(page, text, whole)
    expect(page.locator(POSITIONS)).to_have_text(["1", "2", "3", "4"])

    # Bruno is the last: up by button, twice, and Ana by keys.
    up = page.get_by_role("button", name=f"Move {BRUNO} up")
    up.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(up).to_be_focused()
    page.get_by_role("button", name=f"Move {ANA} down").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".steps-said")).to_have_text(f"{ANA} now rings at position 3.")
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")

    assert rung(panel) == [f"1 {LANDLINE}", f"2 {BRUNO}", f"3 {ANA}", f"4 {CARLA}"]


def test_steps_ring_together_only_when_that_is_chosen(page: Page, panel: Panel):
    begin(panel, *PEOPLE)
    open_number(page)
    together = page.locator("#steps-group .together")
    expect(together.nth(0)).to_be_hidden()
    together.nth(1).focus()
    page.keyboard.press("Space")
    expect(page.locator(POSITIONS)).to_have_text(["1", "1", "2", "3"])
    # Whoever is moved out of a group rings alone.
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(POSITIONS)).to_have_text(["1", "2", "3", "4"])
    together.nth(1).check()
    together.nth(2).check()
    together.nth(1).uncheck()
    expect(page.locator(POSITIONS)).to_have_text(["1", "2", "2", "3"])
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")

    assert rung(panel) == [f"1 {LANDLINE}", f"2 {ANA}", f"2 {BRUNO}", f"3 {CARLA}"]


def test_a_new_step_above_saved_ones_survives_the_removal_of_another(page: Page, panel: Panel):
    begin(panel, "Ana")
    open_number(page)
    add_step(page)
    add_step(page)
    choose(page, "bru", BRUNO)
    for _ in range(3):
        page.keyboard.press("Alt+ArrowUp")
    page.locator("#steps-group .inline-deletelink").last.click()
    expect(page.locator(POSITIONS)).to_have_text(["1", "2", "3"])
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")

    assert rung(panel) == [f"1 {BRUNO}", f"2 {LANDLINE}", f"3 {ANA}"]


def test_a_step_is_dragged_to_another_place(page: Page, panel: Panel):
    begin(panel, *PEOPLE)
    open_number(page)
    rows = page.locator("#steps-group tr.form-row:not(.empty-form)")
    for row, target, y in ((3, 0, 3), (1, 2, 55)):
        grip = rows.nth(row).locator(".grip")
        grip.drag_to(rows.nth(target), target_position={"x": 200, "y": y})
    page.click("[name=_save]")
    expect(page.locator(".messagelist .success")).to_contain_text("changed successfully")

    assert rung(panel) == [f"1 {CARLA}", f"2 {ANA}", f"3 {LANDLINE}", f"4 {BRUNO}"]


def test_back_after_saving_shows_each_step_what_is_its_own(page: Page, panel: Panel) -> None:
    begin(panel, "Ana", "Bruno")
    open_number(page)
    page.check("[name=steps-1-DELETE]")
    page.click("[name=_continue]")
    expect(page.locator(".messagelist")).to_be_visible()
    page.go_back()
    expect(page.locator("#steps-group tr.form-row:not(.empty-form)")).to_have_count(2)
    assert page.locator("#steps-group [name$='-DELETE']:checked").count() == 0

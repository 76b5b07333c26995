"""The office manager's file: faulty first, then mended, in a real browser."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.live

LIST = "/admin/telephony/phonenumber/"


def choose(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.click("text=Show what it would do")


def open_import(page: Page) -> None:
    page.goto(LIST)
    page.click(".object-tools >> text=Import")
    expect(page.locator("h1")).to_have_text("Import numbers")


def test_a_faulty_file_is_told_row_by_row_mended_and_imported(page: Page, tmp_path: Path) -> None:
    errors: list[str] = []
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    page.goto(LIST)
    with page.expect_download() as download:
        page.click(".object-tools >> text=Download as CSV")
    path = tmp_path / "numbers.csv"
    download.value.save_as(path)
    lines = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    head, office = lines[0], lines[1]
    route = office[head.index("route")]
    label = head.index("label")

    open_import(page)
    faulty = f"number;label;route\n{office[0]};Head office;{route}\n5.98E+11;Sales;Nobody 20s\n"
    choose(page, "faulty.csv", faulty.encode("cp1252"))
    expect(page.locator("[role=status]")).to_contain_text("1 row with errors")
    expect(page.locator(".outcomes > .wrong")).to_contain_text("Row 3: 5.98E+11")
    expect(page.locator(".outcomes > .wrong")).to_contain_text("rounded a number to 5.98E+11")
    expect(page.locator("text=/^Import \\d+ row/")).to_have_count(0)

    mended = f"number;label;route\n{office[0]};Niño;{route}\n'+12025550188;Sales;{route}\n"
    choose(page, "mended.csv", mended.encode("cp1252"))
    expect(page.locator("[role=status]")).to_contain_text("1 new, 1 changed and 0 unchanged")
    expect(page.locator(".outcomes > .changed del")).to_have_text(office[label])
    expect(page.locator(".outcomes > .changed ins")).to_have_text("Niño")
    page.click("[value='Import 2 rows']")
    expect(page.locator(".messagelist .success")).to_have_text(
        "Imported: 1 new, 1 changed, 0 unchanged."
    )
    expect(page.locator("#result_list")).to_contain_text("+1 202-555-0188")
    expect(page.locator("#result_list")).to_contain_text("Niño")
    assert errors == []


def test_a_file_that_is_too_large_is_stopped_before_it_is_sent(page: Page) -> None:
    open_import(page)
    choose(page, "large.csv", b"x" * 1_000_001)
    expect(page.locator("[role=status]")).to_have_count(0)
    message = page.eval_on_selector("#file", "input => input.validationMessage")
    assert message.startswith("The file has 1000001 bytes, but at most 1000000 can be read.")


def test_what_is_not_csv_at_all_is_told_on_the_page(page: Page) -> None:
    open_import(page)
    choose(page, "book.csv", b"PK\x03\x04 and so on")
    expect(page.locator("[role=alert]")).to_contain_text("This is a workbook and no CSV")

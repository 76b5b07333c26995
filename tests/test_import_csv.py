"""`import_csv` does what the page does: all of a file or nothing, with an error for each row."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from telephony.models import FallbackNumber, PhoneNumber
from tests import make

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(what: str, content: str, *options: str) -> tuple[str, str]:
        file = tmp_path / "table.csv"
        file.write_text(content)
        call_command("import_csv", what, str(file), *options)
        return capsys.readouterr()

    return run


def test_a_file_is_imported_with_a_line_for_each_row(run: Run) -> None:
    make.make_story()
    out, err = run(
        "numbers",
        "number,label,route\n+12025550100,Head office,myext@office > +59899999999\n"
        "+12025550177,Sales,myext@office 50s > +59899999999 30s\n",
    )
    assert "row 2, +12025550100: label:  -> Head office\n" in out
    assert "row 3, +12025550177: new\n" in out
    assert "Imported: 1 new, 1 changed, 0 unchanged, 0 wrong.\n" in out
    assert "it rings for 80 s altogether" in err
    assert PhoneNumber.objects.get(e164="+12025550177").steps.count() == 2


def test_check_says_the_same_and_writes_nothing(run: Run) -> None:
    make.make_story()
    out, _ = run("numbers", "number,label\n+12025550100,Head office\n", "--check")
    assert "label:  -> Head office" in out
    assert "Nothing was written: 0 new, 1 changed" in out
    assert PhoneNumber.objects.get().label == ""


def test_errors_of_rows_go_to_standard_error_and_nothing_is_written(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    make.make_story()
    with pytest.raises(
        CommandError, match="Nothing was imported: 0 new, 1 changed, 0 unchanged, 1"
    ):
        run("numbers", "number,label\n+12025550100,A\n12,B\n")
    assert "row 3, 12: number: Write the number with +" in capsys.readouterr().err
    assert PhoneNumber.objects.get().label == ""


def test_a_high_price_needs_a_word(run: Run) -> None:
    make.make_fallback()
    file = "number,cost per minute\n+59899999999,15\n"
    with pytest.raises(CommandError, match="add --prices-are-right if they are"):
        run("fallback-numbers", file)
    assert FallbackNumber.objects.get().cost_per_minute == Decimal("0.38")
    run("fallback-numbers", file, "--prices-are-right")
    assert FallbackNumber.objects.get().cost_per_minute == 15


def test_what_cannot_be_read_is_told_in_a_sentence(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No column is called 'nomber'"):
        run("endpoints", "nomber\n1\n")
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("import_csv", "endpoints", str(tmp_path / "nowhere.csv"))

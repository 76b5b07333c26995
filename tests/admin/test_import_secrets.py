"""Passwords in a file are taken as they stand, and nothing tells what they are."""

from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from telephony.models import SipEndpoint
from tests import make
from tests.admin.conftest import page, text
from tests.admin.test_import import bring_in, show

__all__ = ["bring_in", "show"]
Show = Callable[..., HttpResponse]
HEAD = "server,user,username,password\n"


@pytest.mark.parametrize(
    "password", ["123456789012e34", "Abc;'=Secret99x", "'=Secret-99-xyz", "#VALUE!-12345"]
)
def test_a_password_is_stored_as_it_stands_in_the_file(bring_in: Show, password: str) -> None:
    make.make_endpoint()
    bring_in("sipendpoint", f'{HEAD}office,myext,switchhook-myext,"{password}"\n')
    assert SipEndpoint.objects.get().wanted[1] == password


def test_the_rest_of_a_password_that_a_comma_has_cut_is_not_shown(show: Show) -> None:
    make.make_endpoint()
    shown = show("sipendpoint", f"{HEAD}office,myext,switchhook-myext,Abcdefgh1234,and3Secret\n")
    assert "A cell stands in a column without a name." in text(shown)
    assert "and3Secret" not in text(shown)


@pytest.mark.parametrize("kept", ["é", "====", "A" * 10, "\x00"])
def test_a_share_that_is_none_is_told_of_kindly(panel: Client, kept: str) -> None:
    answer = panel.post(page("phonenumber", "import"), {"kept": kept, "seen": "x"})
    assert answer.status_code == 200
    assert "Choose this one again." in text(answer)

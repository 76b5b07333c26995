"""Asks for pages of the log as a browser does, and tells how long each takes."""

import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from unittest.mock import patch
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils import timezone

from benchmarks.call_log.calls import caller, number
from telephony.models import CallRecord
from telephony.records.criteria import Key

REPEATS = 5
# Seconds for which the CSV is read.
CSV_S = 5
LOOKED = re.compile("Looked (back|forward) to [^.]+")
TOTALS = re.compile('<p class="totals">([^,]*calls?)')
CALLS = re.compile("<dt>Calls</dt>[^>]*>[^>]*>([0-9,]+)")
START = "/admin/"
PATH = "/admin/telephony/callrecord/"


class StockAdmin(admin.ModelAdmin):
    """The list as Django makes it, with what it offers for a log."""

    list_display = ("started_at", "caller", "called", "outcome", "answered_by", "talk_s", "cost")
    list_filter = ("outcome", "is_simulated")
    search_fields = ("^call_sid", "caller", "called", "caller_name", "forwarded_from")
    date_hierarchy = "started_at"
    show_full_result_count = False
    list_per_page = 50
    change_list_template = "admin/change_list.html"


def measure(*, stock: bool) -> None:
    user = User.objects.create_superuser("benchmark")
    client = Client(headers={"host": "panel.example.com"})
    client.force_login(user)
    print(f"{'page':<34}{'first ms':>10}{'median ms':>10}  calls")
    for name, asked in questions():
        url = PATH + asked

        def ask(url: str = url) -> str:
            response = client.get(url, secure=True)
            assert response.status_code == 200, response.status_code
            text = response.content.decode()
            looked = LOOKED.search(text)
            totals = TOTALS.search(text)
            told = [str(text.count("field-started_at")), *(looked[:1] if looked else ())]
            return ", ".join([*told, *(f"total {totals[1]}" for _ in range(1) if totals)])

        show(name, ask, REPEATS)
    measure_start(client)
    measure_csv(client)
    if stock:
        measure_stock(user)


def questions() -> Iterator[tuple[str, str]]:
    """Yield what is asked for, and its address."""
    newest = CallRecord.objects.order_by("-started_at")[0]
    oldest = CallRecord.objects.order_by("started_at")[0]
    deep = Key(oldest.started_at + (newest.started_at - oldest.started_at) / 10, "CA8")
    full = caller(777)[1:]
    asked = {
        "first page": {},
        "a deep page": {"older": deep},
        "newer than a deep page": {"newer": deep},
        "a number with many calls": {"called": number(0)},
        "a number with few calls": {"called": number(9_990)},
        "a caller": {"caller": f"+{full}"},
        "answered by": {"answered_by": "desk 299"},
        "a day": {"since": f"{deep.started_at:%Y-%m-%d}", "until": f"{deep.started_at:%Y-%m-%d}"},
        "outcome: busy": {"outcome": "busy"},
        "outcome: rejected": {"outcome": "rejected"},
        "taken by a fallback number": {"taken_by": "fallback"},
        "busy, of a number": {"called": number(0), "outcome": "busy"},
        "a year": {
            "since": f"{deep.started_at:%Y-%m-%d}",
            "until": f"{deep.started_at.year + 1}-02-03",
        },
        "failed over": {"failed_over": "yes"},
        "cost from 0.90": {"cost_from": "0.9"},
        "cost that no call has": {"cost_from": "50"},
        "something missing": {"complete": "no"},
        "caller ID check failed": {"verstat": "failed"},
        "forwarded": {"forwarded": "yes"},
        "rehearsed": {"simulated": "yes"},
        "search: 3 digits": {"q": "202"},
        "search: 4 digits": {"q": "1357"},
        "search: 5 digits": {"q": "12345"},
        "search: 7 digits": {"q": f"{full[4:7]}-{full[7:]}"},
        "search: a whole number": {"q": f"({full[1:4]}) {full[4:7]} {full[7:]}"},
        "search: a number nobody has": {"q": "987654321098"},
        "search: a name": {"q": "garc"},
        "search: who answered": {"q": "desk 29"},
        "search: a SID": {"q": newest.pk},
        "search: a SID's beginning": {"q": newest.pk[:8]},
        "search and outcome": {"q": full[4:], "outcome": "busy"},
    }
    for name, words in asked.items():
        yield name, f"?{urlencode(words)}"


def measure_start(client: Client) -> None:
    """The start page as on the evening of the last day that has calls."""
    newest = CallRecord.objects.order_by("-started_at")[0]
    with patch.object(timezone, "now", lambda: newest.started_at):
        for name, query in (("today", ""), ("7 days", "?days=7"), ("30 days", "?days=30")):

            def ask(query: str = query) -> str:
                text = client.get(f"{START}{query}", secure=True).content.decode()
                found = CALLS.search(text)
                return found[1] if found else "no calls"

            show(f"start page: {name}", ask, REPEATS)
        show(
            "start page: calls now",
            lambda: str(client.get("/admin/calls-now/", secure=True).status_code),
            REPEATS,
        )


def show(name: str, ask: Callable[[], str], repeats: int) -> None:
    times, told = [], ""
    for _ in range(repeats):
        begin = time.perf_counter()
        told = ask()
        times.append(1000 * (time.perf_counter() - begin))
    print(f"{name:<34}{times[0]:10.1f}{median(times):10.1f}  {told}", flush=True)


def measure_csv(client: Client) -> None:
    for name, words in (("all", ""), ("outcome: busy", "?outcome=busy")):
        begin, lines = time.perf_counter(), 0
        for part in client.get(f"{PATH}csv/{words}", secure=True):
            lines += part.count(b"\n")
            if time.perf_counter() - begin > CSV_S:
                break
        print(f"CSV, {name}: {lines / (time.perf_counter() - begin):,.0f} rows/s", flush=True)


def measure_stock(user: User) -> None:
    stock = StockAdmin(CallRecord, admin.site)

    def get(**words: str) -> str:
        request: HttpRequest = RequestFactory().get(
            PATH, words, headers={"host": "panel.example.com"}
        )
        request.user = user
        response = stock.changelist_view(request)
        response.render()
        return str(len(response.context_data["cl"].result_list))

    for name, words in (
        ("first page", {}),
        ("a deep page", {"p": "100"}),
        ("one number", {"called": number(0)}),
        ("outcome: busy", {"outcome__exact": "busy"}),
        ("search: 7 digits", {"q": caller(777)[5:]}),
        ("ordered by talk", {"o": "-6"}),
    ):
        show(f"Django's own list: {name}", lambda words=words: get(**words), 1)

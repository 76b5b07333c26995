"""Fills an empty database with the demo and an administrator, who gets a random password."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from telephony.models import CallEvent, PhoneNumber


class Command(BaseCommand):
    help = "Load the demo into an empty database and create an administrator if there is no user."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        users = get_user_model().objects
        if users.exists():
            # Whoever has removed the demo does not want it back.
            return
        is_empty = not PhoneNumber.objects.exists() and not CallEvent.objects.exists()
        if is_empty and not options["no_demo"]:
            call_command("load_demo", stdout=self.stdout)
        password = secrets.token_urlsafe(15)
        users.create_superuser("admin", password=password)
        self.stdout.write("Administrator: user admin, password " + self.style.WARNING(password))
        self.stdout.write("It is shown only this once. Change it with")
        self.stdout.write("    .venv/bin/python manage.py changepassword admin")

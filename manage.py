#!/usr/bin/env python
"""Switchhook's command line: `manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import InternalError, OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Cannot start: {error}")
    except (InternalError, OperationalError) as error:
        sys.exit(
            f"The database says: {error}. If it does not answer, check DATABASE_URL (docs/settings.md); "
            "a new database needs `.venv/bin/python manage.py migrate` first."
        )


if __name__ == "__main__":
    main()

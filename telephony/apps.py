from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = "Telephony"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from telephony import checks  # noqa: F401  registers the system checks
        from telephony.models import roles, triggers

        pre_migrate.connect(triggers.take_down, sender=self)
        post_migrate.connect(triggers.put_up, sender=self)
        # After Django's own receiver, which makes the permissions.
        post_migrate.connect(roles.ship, sender=self)

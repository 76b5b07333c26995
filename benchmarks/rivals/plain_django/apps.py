from django.apps import AppConfig


class PlainDjangoConfig(AppConfig):
    name = "benchmarks.rivals.plain_django"
    label = "plain"

from django.db import models


class Number(models.Model):
    e164 = models.CharField(max_length=16, unique=True)
    sip_uri = models.CharField(max_length=255)

    def __str__(self) -> str:
        return self.e164


class Call(models.Model):
    call_sid = models.CharField(max_length=64, unique=True)
    number = models.ForeignKey(Number, on_delete=models.CASCADE)
    caller = models.CharField(max_length=64)
    status = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.call_sid

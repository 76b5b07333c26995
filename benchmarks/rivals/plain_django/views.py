"""The plain Django way: look the number up, store the call, answer."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django_twilio.decorators import twilio_view
from twilio.twiml.voice_response import VoiceResponse

from benchmarks.rivals.plain_django.models import Call, Number


@twilio_view
def voice(request: HttpRequest) -> VoiceResponse:
    number = get_object_or_404(Number, e164=request.POST["To"])
    Call.objects.create(
        call_sid=request.POST["CallSid"],
        number=number,
        caller=request.POST["From"],
        status=request.POST["CallStatus"],
    )
    response = VoiceResponse()
    response.dial(action="/twilio/voice/1/", timeout=20, answer_on_bridge=True).sip(number.sip_uri)
    return response

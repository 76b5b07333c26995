"""The usual handler: Flask and Twilio's own helper library, as in its tutorials; it stores nothing."""

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Dial, VoiceResponse

application = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])


@application.post("/twilio/voice/")
def voice() -> Response:
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(request.url, request.form, signature):
        abort(403)
    response = VoiceResponse()
    dial = Dial(
        action="/twilio/voice/1/", timeout=20, answer_on_bridge=True, caller_id=request.form["From"]
    )
    dial.sip("sip:myext@pbx.example.com:5060;transport=udp", username="myext", password="secret")
    response.append(dial)
    return Response(str(response), mimetype="text/xml")


@application.post("/twilio/<path:rest>")
def report(rest: str) -> Response:
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(request.url, request.form, signature):
        abort(403)
    return Response(str(VoiceResponse()), mimetype="text/xml")

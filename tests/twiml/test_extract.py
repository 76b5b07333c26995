"""The extraction, on declarations in the form of Twilio's, and on what it must not pass over."""

import pytest

from tests.twiml.declarations import NotUnderstood
from tests.twiml.extract import extract

DECLARATIONS = """
/** A comment; with: marks { of its own. */
import { XMLElement } from "somewhere";
import TwiML from "./TwiML";
declare class VoiceResponse extends TwiML {
    constructor();
    comment(comment: string): XMLElement;
    // Both ways to add one element.
    ring(number?: string): VoiceResponse.Ring;
    ring(attributes?: VoiceResponse.RingAttributes, number?: string): VoiceResponse.Ring;
    leave(attributes?: object): VoiceResponse.Leave;
}
declare namespace VoiceResponse {
    type Mood = "high" | "a-low";
    type Only = "one";
    export interface RingAttributes {
        /** mood - One of several */
        mood?: Mood;
        moods?: Mood[];
        "xml:lang"?: Only;
        seconds?: number;
        loud?: boolean;
    }
    export interface RingAttributes {
        mood?: Mood;
        to?: string;
    }
    export class Leave extends TwiML {
        leave: XMLElement;
        constructor(leave: XMLElement);
    }
    export class Ring extends TwiML {
        ring: XMLElement;
        constructor(ring: XMLElement);
        sayAs(words: string): VoiceResponse.SsmlSayAs;
        sayAs(attributes: object, words: string): VoiceResponse.SsmlSayAs;
    }
    export class SsmlSayAs extends TwiML {
        ssmlSayAs: XMLElement;
        constructor(ssmlSayAs: XMLElement);
    }
    export {};
}
export = VoiceResponse;
"""
WRITER = """
class VoiceResponse extends TwiML_1.default {
    comment(comment) { return this.response.comment(comment); }
    ring(attributes, number) {
        return new VoiceResponse.Ring(this.response.ele("Ring", attributes, number));
    }
    leave(attributes) {
        return new VoiceResponse.Leave(this.response.ele("Leave", attributes));
    }
}
    class Ring extends TwiML_1.default {
        sayAs(attributes, words) {
            return new VoiceResponse.SsmlSayAs(this.ring.ele("say-as", attributes, words));
        }
    }
"""
BASE = 'xmlbuilder.create("Response", { attValue: (value) => value.join(" ") })'


def test_the_sources_become_data():
    assert extract(DECLARATIONS, WRITER, BASE) == {
        "between_values": " ",
        "elements": {
            "Leave": {"attributes": {}, "children": {}, "tag": "Leave", "text": "none"},
            "Ring": {
                "attributes": {
                    "loud": "boolean",
                    "mood": "Mood",
                    "moods": "Mood[]",
                    "seconds": "number",
                    "to": "string",
                    "xml:lang": "Only",
                },
                "children": {"say-as": "SsmlSayAs"},
                "tag": "Ring",
                "text": "optional",
            },
            "SsmlSayAs": {"attributes": {}, "children": {}, "tag": "say-as", "text": "required"},
            "VoiceResponse": {
                "attributes": {},
                "children": {"Leave": "Leave", "Ring": "Ring"},
                "tag": "Response",
                "text": "none",
            },
        },
        "enumerations": {"Mood": ["a-low", "high"], "Only": ["one"]},
        "root": "VoiceResponse",
    }


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("export = VoiceResponse;", "export default VoiceResponse;", "line 44: 'default' stands where '=' was expected"),
        ("type Mood =", "enum Mood =", "line 14: 'enum' stands where 'export' was expected"),
        ('"high" | "a-low"', '"high" | string', "'string' stands where a string was expected"),
        ('"high" | "a-low"', '"high" & "a-low"', "line 14: '& \"a-low\""),
        ('"high" | "a-low"', '"high" | "high"', "Mood is declared twice, or one of its values is"),
        ("type Only =", "type Mood =", "Mood is declared twice"),
        ("mood?: Mood;\n        to", "mood?: string;\n        to", "the attribute mood is string here and Mood elsewhere"),
        ("seconds?: number", "seconds: number", "line 21: ':' stands where '?' was expected"),
        ("seconds?: number", "seconds?: number | string", "'|' stands where ';' was expected"),
        ("seconds?: number", "seconds?: Seconds", "type: ['Seconds'] declared and not used, or used"),
        ("seconds?: number", "[key: string]: any", "'[' stands where a name was expected"),
        ("interface RingAttributes {", "interface RingAttributes extends Other {", "'extends' stands where '{'"),
        ("export {};", "export interface Lost {}", "interface: ['Lost'] declared and not used"),
        ("export {};", "export class Lost extends TwiML {}", "class: ['Lost'] declared and not used"),
        ("export {};", 'type Lost = "a";', "type: ['Lost'] declared and not used"),
        ("export {};", "export class Ring extends TwiML {}", "the class Ring is declared twice"),
        ("export {};", "export function lost(): void;", "'function' stands where '{' was expected"),
        ("class Leave extends TwiML", "class Leave extends Ring", "'Ring' stands where 'TwiML' was expected"),
        ("leave: XMLElement;", "leave?: XMLElement;", "'?' stands where '(' was expected"),
        ("leave: XMLElement;", "leave: string;", "'string' stands where 'XMLElement' was expected"),
        ("ring(number?: string)", "ring(number?: number)", "'number' stands where 'string' was expected"),
        ("ring(number?: string)", "ring(number: string)", "Ring is made in different ways: ['optional', 'required']"),
        ("leave(attributes?: object)", "leave()", "')' stands where a name was expected"),
        ("leave(attributes?: object): VoiceResponse.Leave", "leave(attributes?: object): Leave", "'Leave' stands where 'VoiceResponse' was expected"),
        ("}\nexport = VoiceResponse;", "", "'the end' stands where 'export' was expected"),
    ],
)  # fmt: skip
def test_a_declaration_that_is_not_understood_stops_it(old, new, why):
    assert old in DECLARATIONS
    with pytest.raises(NotUnderstood) as caught:
        extract(DECLARATIONS.replace(old, new, 1), WRITER, BASE)
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('ele("Leave", attributes)', 'ele("Leave")', "does not write what is declared: [('VoiceResponse', 'Leave', False)]"),
        ('ele("Leave", attributes)', 'ele("Leave", attributes, words)', "does not write what is declared"),
        ("this.response.comment(comment)", 'this.response.ele("Note", comment)', "adds elements in a way"),
        ("class Ring extends TwiML_1.default", "class Leave extends TwiML_1.default", "('Leave', 'SsmlSayAs', True)"),
        ('new VoiceResponse.Leave(this.response.ele("Leave", attributes))', 'new VoiceResponse.Ring(this.response.ele("Leave", attributes))', "Ring is written under two tags"),
        ('ele("Leave"', 'ele("Ring"', "VoiceResponse has two children of one tag"),
    ],
)  # fmt: skip
def test_javascript_that_is_not_understood_stops_it(old, new, why):
    assert old in WRITER
    with pytest.raises(NotUnderstood) as caught:
        extract(DECLARATIONS, WRITER.replace(old, new, 1), BASE)
    assert why in str(caught.value)


@pytest.mark.parametrize("lost", ['.create("Response"', 'value.join(" ")'])
def test_a_base_class_that_does_not_say_how_it_writes_stops_it(lost):
    with pytest.raises(NotUnderstood, match="it was found 0 times"):
        extract(DECLARATIONS, WRITER, BASE.replace(lost, ""))

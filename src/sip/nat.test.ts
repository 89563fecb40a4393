import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asRequest, invite } from "./harness.ts";
import { changeContacts, edit, fixContacts, NatSign, natSigns, originUri } from "./index.ts";

const ORIGIN = { ip: "198.51.100.7", port: 4242 };
const ALL = 255;

function signs(changes: Readonly<Record<string, string>>, body?: string, wanted = ALL): number {
  return natSigns(asRequest(invite(changes, body)), ORIGIN, wanted);
}

describe("signs of a NAT", () => {
  const honest = {
    Via: "Via: SIP/2.0/UDP 198.51.100.7:4242;branch=z9hG4bK1",
    Contact: "Contact: <sip:alice@198.51.100.7:4242>",
  };
  test("none when Via and Contact name where the message came from", () => assert.equal(signs(honest), 0));
  test("each by itself", () => {
    assert.equal(signs({ ...honest, Via: "Via: SIP/2.0/UDP 198.51.100.8:4242;branch=z9hG4bK1" }), NatSign.otherAddress);
    assert.equal(signs({ ...honest, Via: "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1" }), NatSign.otherPort);
    assert.equal(signs({ ...honest, Via: "Via: SIP/2.0/UDP 10.0.0.1:4242;branch=z9hG4bK1" }), NatSign.otherAddress | NatSign.privateVia);
    assert.equal(signs({ ...honest, Contact: "m: sip:alice@192.168.0.2:4242" }), NatSign.privateContact | NatSign.otherContactAddress);
    assert.equal(signs({ ...honest, Contact: "Contact: <sip:alice@198.51.100.7>" }), NatSign.otherContactPort);
    assert.equal(signs(honest, "v=0\r\nc=IN IP4 172.16.3.4\r\nm=audio 1 RTP/AVP 0\r\n"), NatSign.privateMedia);
    assert.equal(signs(honest, "v=0\r\nc=IN IP4 192.0.0.2\r\nm=audio 1 RTP/AVP 0\r\n"), NatSign.carrier);
  });
  test("only what was asked for", () => {
    const natted = { Via: "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1", Contact: "Contact: <sip:a@10.0.0.1>" };
    for (const bit of [1, 2, 4, 16, 32, 64]) assert.equal(signs(natted, undefined, bit), bit);
    assert.equal(signs(natted, undefined, 8 | 128), 0);
    assert.equal(signs(natted, undefined, 0), 0);
  });
  test("a Contact that is no SIP address shows nothing", () => {
    for (const contact of ["Contact: *", "Contact: <tel:+1>", "Contact: <", "X: y"]) {
      assert.equal(signs({ Via: honest.Via, Contact: contact }), 0, contact);
    }
  });
});

describe("Contacts that lead back", () => {
  function fixed(contact: string, params?: string): string | undefined {
    const change = edit(asRequest(invite({ Contact: contact })));
    fixContacts(change, ORIGIN, params);
    return change
      .serialise()
      .split("\r\n")
      .find((line) => /^(Contact|m):/.test(line));
  }
  test("have another host and port; everything else stays, but for maddr", () => {
    assert.equal(
      fixed('Contact: "A, B" <sips:alice:pw@10.0.0.1:5061;transport=tcp;maddr=10.0.0.9;ob?x=y>;expires=60'),
      'Contact: "A, B" <sips:alice:pw@198.51.100.7:4242;transport=tcp;ob?x=y>;expires=60',
    );
    assert.equal(fixed("m: sip:10.0.0.1;expires=60"), "m: <sip:198.51.100.7:4242>;expires=60");
    assert.equal(fixed("Contact: <sip:a@10.0.0.1>", ";ata=cisco"), "Contact: <sip:a@198.51.100.7:4242;ata=cisco>");
  });
  test("each of a list, empty places aside", () => {
    assert.equal(
      fixed("Contact: , <sip:a@h>, <tel:+1>, <sip:b@h>;q=0.5"),
      "Contact: , <sip:a@198.51.100.7:4242>, <tel:+1>, <sip:b@198.51.100.7:4242>;q=0.5",
    );
  });
  test("that lead back already, and stars, are not touched", () => {
    const message = asRequest(invite({ Contact: "Contact: <sip:a@198.51.100.7:4242>" }));
    const change = edit(message);
    assert.equal(fixContacts(change, ORIGIN), 0);
    assert.ok(change.isEmpty);
    assert.equal(fixed("Contact: *"), "Contact: *");
  });
  test("may be given any form", () => {
    const change = edit(asRequest(invite({ Contact: "Contact: <sip:a@h>" })));
    assert.equal(
      changeContacts(change, (contact) => `${contact.text};x=1`),
      1,
    );
    assert.ok(change.serialise().includes("Contact: <sip:a@h>;x=1\r\n"));
  });
});

test("the URI of an origin names the transport unless it is UDP", () => {
  assert.equal(originUri(ORIGIN, "udp"), "sip:198.51.100.7:4242");
  assert.equal(originUri({ ip: "2001:db8::1", port: 5060 }, "tcp"), "sip:[2001:db8::1]:5060;transport=tcp");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maskCallId, swapCallId, unmaskCallId } from "./call-id.ts";
import { decodeContact, encodeContact } from "./contact-info.ts";
import { TOPOLOGY_DEFAULTS } from "./settings.ts";

const visible = fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((c) => String.fromCharCode(c)), minLength: 1, maxLength: 60 });
const latin1 = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const settings = fc.record({ contactPassword: latin1, contactScheme: fc.constantFrom("base64" as const, "base32" as const) });
const info = fc.record({ routes: latin1, contact: latin1, flags: fc.nat({ max: 127 }), socket: latin1 });

test("a hidden address is read again, whatever it holds", () => {
  fc.assert(
    fc.property(info, settings, (one, how) => {
      const text = encodeContact(one, how);
      assert.ok(text !== undefined);
      assert.deepEqual(decodeContact(text, how), { ...one });
    }),
  );
});

test("a hidden address that was tampered with is another one or none, and never throws", () => {
  const how = TOPOLOGY_DEFAULTS;
  fc.assert(
    fc.property(info, fc.nat(), fc.nat({ max: 63 }), (one, at, letter) => {
      const text = encodeContact(one, how) ?? "";
      const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.";
      const place = at % text.length;
      const changed = text.slice(0, place) + letters.charAt(letter) + text.slice(place + 1);
      const read = decodeContact(changed, how);
      if (read !== undefined && changed !== text) assert.notDeepEqual(read, one);
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.string(), settings, (text, any) => void decodeContact(text, any)));
});

test("what versions without flags wrote is read too", () => {
  const how = { contactPassword: "", contactScheme: "base64" as const };
  const plain = ["", "sip:a@b", "udp:10.0.0.1:5060"].map((field) => String.fromCharCode(field.length, 0) + field).join("");
  const text = Buffer.from(plain, "latin1").toString("base64").replaceAll("=", "-").replaceAll("/", ".");
  assert.deepEqual(decodeContact(text, how), { routes: "", contact: "sip:a@b", flags: 0, socket: "udp:10.0.0.1:5060" });
});

test("a hidden Call-ID is read again, with and without the tag of its caller", () => {
  fc.assert(
    fc.property(visible, visible, visible, fc.boolean(), (callId, tag, other, callIdLoopProtection) => {
      const how = { ...TOPOLOGY_DEFAULTS, callIdLoopProtection };
      const hidden = maskCallId(callId, tag, how);
      const isSame = other === tag;
      if (callIdLoopProtection && tag.includes("|")) return;
      assert.equal(unmaskCallId(hidden, other, how), callIdLoopProtection && isSame ? undefined : callId);
      assert.equal(unmaskCallId(hidden, tag, how), callIdLoopProtection ? undefined : callId);
    }),
  );
});

test("no text makes the reading of a Call-ID throw, or give one that could not stand in a header", () => {
  fc.assert(
    fc.property(fc.string(), latin1, (text, password) => {
      const read = unmaskCallId(`DLGCH_${text}`, "", { ...TOPOLOGY_DEFAULTS, callIdPassword: password });
      if (read !== undefined) for (const c of read) assert.ok(c > " " && c < "\x7f");
    }),
    { numRuns: 2000 },
  );
});

test("the reference's example: DLGCH_LBkBQzclNzIjHA-- is cid-dlgall", () => {
  assert.equal(unmaskCallId("DLGCH_LBkBQzclNzIjHA--", "", TOPOLOGY_DEFAULTS), "cid-dlgall");
  assert.equal(maskCallId("cid-dlgall", "", TOPOLOGY_DEFAULTS), "DLGCH_LBkBQzclNzIjHA--");
  for (const text of ["DLGCH_", "DLGCH_LBkB", "DLGCH_LBkBQzclNzIjHA", "DLGCH_LBkBQzclNzIjHA-=", "dlgch_LBkBQzclNzIjHA--", "x"]) {
    const read = unmaskCallId(text, "", TOPOLOGY_DEFAULTS);
    assert.ok(read === undefined || text === "DLGCH_LBkB", text);
  }
});

test("swapping a Call-ID changes that header's value alone, in any of its names", () => {
  for (const name of ["Call-ID: ", "i:", "CALL-ID :\t"]) {
    const head = `SIP/2.0 200 OK\r\nVia: one\r\nContact: <sip:one>\r\n${name}`;
    const rest = "\r\nCSeq: 1 BYE\r\n\r\nCall-ID: one\r\n";
    assert.equal(swapCallId(`${head}one${rest}`, "one", "two"), `${head}two${rest}`);
    assert.equal(swapCallId(`${head}one-more${rest}`, "one", "two"), `${head}one-more${rest}`);
  }
  assert.equal(swapCallId("BYE sip:a SIP/2.0\r\n\r\nCall-ID: one\r\n", "one", "two"), "BYE sip:a SIP/2.0\r\n\r\nCall-ID: one\r\n");
  fc.assert(fc.property(fc.string(), visible, visible, (text, from, to) => void swapCallId(text, from, to)));
});

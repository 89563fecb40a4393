// Laws of bodies, descriptions, option lists and URI parts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { joinParts } from "./body.ts";
import { asRequest, invite } from "./harness.ts";
import {
  addBodyPart,
  bodyParts,
  changeBodyParts,
  edit,
  fixContacts,
  hasCodec,
  keepBodyParts,
  natSigns,
  parseUri,
  sdpStreams,
  splitList,
  withCodecsMoved,
  withoutCodecs,
  withoutUriParam,
  withSdpAddress,
  withUriParam,
} from "./index.ts";

const pick = (...all: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...all);
const content = fc.string({ unit: pick("a", "-", "=", ":", " ", "\r\n", "\n", "\r", "--b", "é"), maxLength: 30 });
const part = fc
  .tuple(
    pick("text/plain", "application/sdp", "application/isup;version=x"),
    pick("", "Content-ID: <1>\r\n", "Content-Disposition: session\r\nX: y\r\n"),
    content,
  )
  .map(([contentType, headers, body]) => ({ contentType, headers, body }));
const junk = fc.string({
  unit: pick("--b", "--b--", "\r\n", "\n", "Content-Type: ", "a/b", ":", "x", " ", "m=", "a=", "c=", "v=0"),
  maxLength: 60,
});
const stream = fc
  .tuple(pick("audio", "video"), fc.uniqueArray(fc.integer({ min: 0, max: 127 }), { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([media, formats, isMapped]) => {
    const maps = isMapped ? formats.map((format) => `a=rtpmap:${format} C${format % 5}/8000\r\na=fmtp:${format} x\r\n`) : [];
    return `m=${media} 4000 RTP/AVP ${formats.join(" ")}\r\n${maps.join("")}`;
  });
const sdp = fc.array(stream, { maxLength: 4 }).map((streams) => `v=0\r\nc=IN IP4 10.0.0.9\r\n${streams.join("")}`);
const codec = fc.integer({ min: 0, max: 4 }).map((n) => (name: string) => name === `C${n}`);

describe("bodies of several parts", () => {
  test("what is put together is taken apart again", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 5 }), (parts) => {
        const { contentType, body } = joinParts(parts);
        assert.deepEqual(
          bodyParts(contentType, body).map((one) => ({ contentType: one.contentType, headers: one.headers, body: one.body })),
          parts,
        );
      }),
    );
  });
  test("a change that changes nothing leaves every byte, whatever the body", () => {
    fc.assert(
      fc.property(junk, (body) => {
        const message = asRequest(invite({ "Content-Type": "Content-Type: multipart/mixed;boundary=b" }, body));
        const change = edit(message);
        for (const kind of ["text/plain", "a/b"]) changeBodyParts(change, kind, (text) => text);
        assert.equal(change.body, body);
        // parts are pieces of the body, in order and apart from each other
        let at = 0;
        for (const one of bodyParts(message.contentType, body)) {
          assert.ok(one.from >= at);
          assert.equal(body.slice(one.from, one.from + one.body.length), one.body);
          at = one.from + one.body.length;
        }
      }),
    );
  });
  test("a part that is added and taken away again leaves body and type as they were", () => {
    fc.assert(
      fc.property(content, (body) => {
        const message = asRequest(invite({}, `v=0\r\n${body}`));
        const change = edit(message);
        addBodyPart(change, "x", "text/html");
        assert.equal(bodyParts(change.contentType, change.body).length, 2);
        assert.ok(keepBodyParts(change, (type) => type !== "text/html"));
        assert.equal(change.body, message.body);
        assert.equal(change.contentType, message.contentType);
        const out = asRequest(change.serialise());
        assert.equal(out.body, message.body);
        assert.equal(out.header("Content-Length"), String(message.body.length));
      }),
    );
  });
});

describe("session descriptions", () => {
  test("a codec that was taken out is gone, and nothing else is", () => {
    fc.assert(
      fc.property(sdp, codec, (text, test) => {
        const out = withoutCodecs(text, test);
        if (out === undefined) assert.ok(!hasCodec(text, test));
        else {
          assert.ok(hasCodec(text, test));
          assert.ok(!hasCodec(out, test));
          assert.equal(withoutCodecs(out, test), undefined);
        }
        const left = (one: string): string[] =>
          sdpStreams(one).flatMap((s, i) => s.codecs.filter((c) => !test(c.name) && s.port !== 0).map((c) => `${i} ${c.format} ${c.name}`));
        assert.deepEqual(left(out ?? text), left(text));
      }),
    );
  });
  test("moving codecs keeps them all", () => {
    fc.assert(
      fc.property(sdp, codec, pick("front", "back"), (text, test, to) => {
        const out = withCodecsMoved(text, test, to === "front" ? "front" : "back") ?? text;
        const formats = (one: string): string[][] => sdpStreams(one).map((s) => s.codecs.map((c) => c.format).sort());
        assert.deepEqual(formats(out), formats(text));
        assert.equal(out.length, text.length);
      }),
    );
  });
  test("an address is written once and then right", () => {
    fc.assert(
      fc.property(sdp, pick("192.0.2.1", "2001:db8::1", "10.0.0.9"), (text, ip) => {
        const out = withSdpAddress(text, { ip, media: true, origin: true }) ?? text;
        for (const one of sdpStreams(out)) assert.equal(one.address, ip);
        assert.equal(withSdpAddress(out, { ip, media: true, origin: true }), undefined);
      }),
    );
  });
  test("no text makes anything throw", () => {
    fc.assert(
      fc.property(junk, (text) => {
        sdpStreams(text);
        withoutCodecs(text, () => true);
        withSdpAddress(text, { ip: "192.0.2.1", media: true, origin: true, keepMedia: true, keepOrigin: true, nulls: true });
        bodyParts("multipart/mixed;boundary=b", text);
        bodyParts(text, text);
      }),
    );
  });
});

describe("lists of options", () => {
  const option = pick("100rel", "timer", "path", "gruu");
  const act = fc.tuple(fc.boolean(), option);
  test("any row of additions and removals ends with what it should", () => {
    fc.assert(
      fc.property(fc.uniqueArray(option, { minLength: 1, maxLength: 4 }), fc.array(act, { maxLength: 8 }), (given, acts) => {
        const change = edit(asRequest(invite({ Supported: `Supported: ${given.join(" , ")}` })));
        const received = new Set(given);
        const added: string[] = [];
        for (const [isAdded, one] of acts) {
          if (isAdded) {
            assert.ok(change.addListed("Supported", one));
            added.push(one);
          } else assert.equal(change.removeListed("k", one.toUpperCase()), received.delete(one));
        }
        // what was added stays: only what came in can be taken out
        const expected = [...given.filter((one) => received.has(one)), ...added].sort();
        assert.deepEqual([...asRequest(change.serialise()).values("Supported")].sort(), expected);
      }),
    );
  });
});

describe("URIs and Contacts", () => {
  const uri = fc
    .tuple(pick("sip:a@h", "sips:a:pw@[2001:db8::1]:5070", "sip:h:1"), pick("", ";x", ";x=1;Y=2"), pick("", "?a=b"))
    .map((all) => all.join(""));
  test("a parameter that was added is there, and taken away again leaves the URI as it was", () => {
    fc.assert(
      fc.property(uri, pick("nat", "nat=yes"), (text, param) => {
        const before = parseUri(text);
        assert.ok(before.ok);
        const added = parseUri(withUriParam(before.value, param) ?? "");
        assert.ok(added.ok && added.value.has("nat"));
        assert.equal(withoutUriParam(added.value, "NAT"), text);
      }),
    );
  });
  test("Contacts that were fixed show no sign of a NAT", () => {
    const origin = { ip: "203.0.113.7", port: 4242 };
    const contact = fc.tuple(pick("<", '"A, <B>" <'), uri, pick(">", ">;expires=5")).map((all) => all.join(""));
    fc.assert(
      fc.property(fc.array(contact, { minLength: 1, maxLength: 4 }), (contacts) => {
        const message = asRequest(invite({ Contact: `Contact: ${contacts.join(", ")}` }));
        const change = edit(message);
        fixContacts(change, origin, ";n");
        const out = asRequest(change.serialise());
        assert.equal(natSigns(out, origin, 1 | 32 | 64), 0);
        assert.equal(splitList(out.header("Contact") ?? "").length, contacts.length);
      }),
    );
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  audioHold,
  hasCodec,
  isSdp,
  sdpAddresses,
  sdpStreams,
  withCodecsMoved,
  withoutCodecs,
  withoutStreams,
  withSdpAddress,
  withSdpLines,
} from "./index.ts";

const lines = (...all: readonly string[]): string => `${all.join("\r\n")}\r\n`;
const SDP = lines(
  "v=0",
  "o=alice 2890844526 2890844526 IN IP4 10.0.0.1",
  "s=-",
  "c=IN IP4 10.0.0.1",
  "t=0 0",
  "m=audio 49170 RTP/AVP 0 8 97 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:97 speex/16000/1",
  "a=fmtp:97 mode=any",
  "a=rtpmap:101 telephone-event/8000",
  "m=video 51372/2 RTP/AVP 31",
  "c=IN IP4 10.0.0.2/127",
  "a=sendonly",
);
const named = (name: string) => (codec: string) => codec.toLowerCase() === name.toLowerCase();

describe("streams of a description", () => {
  test("show media, port, codecs (RFC 3551 names where a number needs no rtpmap), address and direction", () => {
    assert.deepEqual(sdpStreams(SDP), [
      {
        media: "audio",
        port: 49170,
        transport: "RTP/AVP",
        codecs: [
          { format: "0", name: "PCMU", clock: "8000" },
          { format: "8", name: "PCMA", clock: "8000" },
          { format: "97", name: "speex", clock: "16000" },
          { format: "101", name: "telephone-event", clock: "8000" },
        ],
        address: "10.0.0.1",
        direction: "sendrecv",
      },
      {
        media: "video",
        port: 51372,
        transport: "RTP/AVP",
        codecs: [{ format: "31", name: "H261", clock: "90000" }],
        address: "10.0.0.2",
        direction: "sendonly",
      },
    ]);
    assert.deepEqual(sdpAddresses(SDP), ["10.0.0.1", "10.0.0.2"]);
    assert.deepEqual(sdpStreams(""), []);
  });
  test("a text is a description when its lines are", () => {
    assert.ok(isSdp(SDP));
    assert.ok(!isSdp("hello"));
    assert.ok(!isSdp("v=0\r\nnonsense\r\n"));
  });
});

describe("codecs", () => {
  test("are found by name and clock in streams that are not disabled", () => {
    assert.ok(hasCodec(SDP, named("SPEEX")));
    assert.ok(hasCodec(SDP, (_, clock) => clock === "16000"));
    assert.ok(!hasCodec(SDP, named("G729")));
    assert.ok(!hasCodec("v=0\r\nm=audio 0 RTP/AVP 0\r\n", named("PCMU")));
  });
  test("are taken out of the m= line and of the attributes; nothing else changes", () => {
    assert.equal(
      withoutCodecs(SDP, named("speex")),
      SDP.replace(" 97 ", " ").replace("a=rtpmap:97 speex/16000/1\r\na=fmtp:97 mode=any\r\n", ""),
    );
    assert.equal(withoutCodecs(SDP, named("G729")), undefined);
  });
  test("a stream that would be left without codecs is disabled (RFC 3264 section 6)", () => {
    const out = withoutCodecs(SDP, named("H261"));
    assert.equal(out, SDP.replace("m=video 51372/2 RTP/AVP 31", "m=video 0 RTP/AVP 31"));
    assert.ok(!hasCodec(out ?? "", named("H261")));
  });
  test("move to the front and to the back and keep their order", () => {
    const isEvent = named("telephone-event");
    assert.match(withCodecsMoved(SDP, isEvent, "front") ?? "", /^m=audio 49170 RTP\/AVP 101 0 8 97\r$/m);
    assert.match(withCodecsMoved(SDP, (name) => name.startsWith("PCM"), "back") ?? "", /^m=audio 49170 RTP\/AVP 97 101 0 8\r$/m);
    assert.equal(withCodecsMoved(SDP, named("x"), "back"), undefined);
  });
});

describe("addresses", () => {
  test("of c= and o= are rewritten, scopes stay, the old ones are noted", () => {
    const out = withSdpAddress(SDP, { ip: "192.0.2.9", media: true, origin: true, keepMedia: true, keepOrigin: true }) ?? "";
    assert.deepEqual(sdpAddresses(out), ["192.0.2.9", "192.0.2.9"]);
    assert.match(out, /^o=alice 2890844526 2890844526 IN IP4 192\.0\.2\.9\r$/m);
    assert.match(out, /^c=IN IP4 192\.0\.2\.9\/127\r$/m);
    assert.match(out, /t=0 0\r\na=oldoip:10\.0\.0\.1\r\na=oldcip:10\.0\.0\.1\r\nm=audio/);
    assert.ok(out.endsWith("a=sendonly\r\na=oldcip:10.0.0.2\r\n"));
  });
  test("of another family change the family word", () => {
    assert.match(withSdpAddress(SDP, { ip: "2001:db8::1", origin: true }) ?? "", /^o=alice \d+ \d+ IN IP6 2001:db8::1\r$/m);
  });
  test("that are null stay unless they are meant too; what is right already is no change", () => {
    const held = "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 1 RTP/AVP 0\r\n";
    assert.equal(withSdpAddress(held, { ip: "192.0.2.1", media: true }), undefined);
    assert.match(withSdpAddress(held, { ip: "192.0.2.1", media: true, nulls: true }) ?? "", /c=IN IP4 192\.0\.2\.1/);
    assert.equal(withSdpAddress("c=IN IP4 192.0.2.1\n", { ip: "192.0.2.1", media: true }), undefined);
  });
});

test("streams can be taken out whole", () => {
  assert.equal(
    withoutStreams(SDP, (media) => media === "video"),
    SDP.slice(0, SDP.indexOf("m=video")),
  );
  assert.equal(
    withoutStreams(SDP, () => false),
    undefined,
  );
});

test("audio is on hold by a null address (1) or by its direction (2)", () => {
  assert.equal(audioHold(SDP), 0);
  assert.equal(audioHold("v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 1 RTP/AVP 0\r\n"), 1);
  assert.equal(audioHold("v=0\r\nc=IN IP6 ::\r\nm=audio 1 RTP/AVP 0\r\n"), 1);
  assert.equal(audioHold("v=0\r\na=inactive\r\nc=IN IP4 10.0.0.1\r\nm=audio 1 RTP/AVP 0\r\n"), 2);
  assert.equal(audioHold("v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 1 RTP/AVP 0\r\na=recvonly\r\n"), 0);
});

test("lines are added on lines of their own", () => {
  assert.equal(withSdpLines("v=0", "a=x\r\n"), "v=0\r\na=x\r\n");
  assert.equal(withSdpLines("v=0\n", "a=x\r\n"), "v=0\na=x\r\n");
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Call, DialoomError, dialoom, type Reply, telToSip, withUriParam } from "../index.ts";
import { invariant } from "../kit/index.ts";
import { bodyParts, parseMessage, type SipMessage } from "../sip/index.ts";
import { answer, invite } from "./fixtures.ts";

const CALLER = { ip: "203.0.113.7", port: 4242 };
const SDP = [
  "v=0",
  "o=- 1 1 IN IP4 10.0.0.9",
  "s=-",
  "c=IN IP4 10.0.0.9",
  "t=0 0",
  "m=audio 4000 RTP/AVP 0 8 97",
  "a=rtpmap:97 speex/16000",
  "m=video 4002 RTP/AVP 31",
  "",
].join("\r\n");

function parsed(text: string | undefined): SipMessage {
  const message = parseMessage(text ?? "");
  invariant(message.ok, `not a message: ${text ?? "nothing"}`);
  return message.value;
}

function withBody(headers: readonly string[], body = SDP): string {
  return `${invite({ headers: [...headers, "Content-Type: application/sdp"] }).replace("Content-Length: 0\r\n\r\n", `Content-Length: ${body.length}\r\n\r\n`)}${body}`;
}

/** What left after a route had done something with a call. */
async function relayed(act: (call: Call) => void, request = withBody([])): Promise<SipMessage> {
  const app = dialoom({ logLevel: "silent" });
  let problem: unknown;
  app.invite((call) => {
    try {
      act(call);
    } catch (error) {
      problem = error;
    }
    return call.isDecided ? undefined : call.relay("sip:127.0.0.1:5080");
  });
  const { requests } = await app.inject(request, CALLER);
  await app.close();
  if (problem !== undefined) throw problem;
  return parsed(requests[0]?.text);
}

const names = (message: SipMessage): string[] => Array.from({ length: message.headerCount }, (_, i) => message.headerName(i));

describe("headers of a message that passes", () => {
  test("are added above, below and beside others, and removed by name or by test", async () => {
    const out = await relayed(
      (call) => {
        call
          .prependHeader("X-First", "1")
          .appendHeader("X-Last", "2")
          .appendHeader("X-After", "3", { after: "from" })
          .appendHeader("X-Before", "4", { before: "To" });
        call.appendHeader("X-Nowhere", "5", { after: "X-None" });
        call.removeHeader((name) => name.startsWith("P-"));
        assert.equal(call.header("X-First"), undefined, "what is read is what came");
        assert.match(call.text, /^INVITE /);
      },
      invite({ headers: ["P-A: 1", "P-B: 2", "Q: 3"] }),
    );
    assert.deepEqual(
      names(out).filter((name) => /^([XPQ](-|$)|From|To)/.test(name)),
      ["X-First", "From", "X-After", "X-Before", "To", "Q", "X-Last", "X-Nowhere"],
    );
  });
  test("lists of options are tested, extended and shortened", async () => {
    const out = await relayed(
      (call) => {
        assert.ok(call.hasOption("Supported", "100REL"));
        assert.ok(!call.hasOption("Supported", "gruu"));
        assert.ok(call.removeOption("Supported", "100rel"));
        assert.ok(!call.removeOption("Supported", "nothing"));
        call.addOption("Supported", "gruu").addOption("Require", "gruu");
        assert.ok(call.hasPrivacy("id"));
        assert.ok(!call.hasPrivacy("user"));
      },
      invite({ headers: ["Supported: 100rel, timer", "Privacy: id;header"] }),
    );
    assert.deepEqual(out.values("Supported"), ["timer", "gruu"]);
    assert.equal(out.header("Require"), "gruu");
  });
  test("nothing that would break them is let in", async () => {
    for (const act of [
      (call: Call) => call.prependHeader("X", "a\r\nY: b"),
      (call: Call) => call.appendHeader("X Y", "a", { after: "To" }),
      (call: Call) => call.addOption("Require", "a\n"),
      (call: Call) => call.addBodyPart("x", "no type"),
      (call: Call) => call.addBodyPart("x", "text/plain", { A: "b\r\n" }),
      (call: Call) => call.fixContact(";a b"),
      (call: Call) => call.sdp?.setAddress("nowhere"),
      (call: Call) => call.sdp?.addLine("a=1\r\nb=2"),
    ]) {
      await assert.rejects(relayed(act), DialoomError, String(act));
    }
  });
});

describe("bodies of a message that passes", () => {
  test("are replaced, changed, added to and taken away", async () => {
    const out = await relayed((call) => {
      assert.ok(call.hasBody());
      assert.ok(call.hasBody("application/sdp"));
      assert.equal(call.bodyPart("application/sdp"), SDP);
      call.addBodyPart("Grüße", "text/plain;charset=utf-8", { "Content-ID": "<1>" });
      assert.ok(call.changeBody("application/sdp", (text) => text.replace("s=-", "s=call")));
      assert.ok(!call.changeBody("image/png", () => ""));
      assert.equal(call.body, SDP);
    });
    assert.deepEqual(
      bodyParts(out.contentType, out.body).map((part) => [part.contentType, part.headers, part.body]),
      [
        ["application/sdp", "", SDP.replace("s=-", "s=call")],
        ["text/plain;charset=utf-8", "Content-ID: <1>\r\n", Buffer.from("Grüße", "utf8").toString("latin1")],
      ],
    );
    const gone = await relayed((call) => {
      call.addBodyPart("x", "text/plain");
      assert.ok(call.removeBodyParts("text/*"));
      assert.ok(call.removeBodyParts((type) => type === "application/sdp"));
      assert.ok(!call.removeBodyParts("text/plain"));
    });
    assert.equal(gone.body, "");
    assert.equal(gone.contentType, undefined);
    const other = await relayed((call) => call.setBody("hello", "text/plain").setBody("<x/>", "text/xml"));
    assert.equal(other.contentType, "text/xml");
    assert.equal(other.body, "<x/>");
    assert.equal((await relayed((call) => call.setBody("", ""))).header("Content-Length"), "0");
  });
  test("descriptions show their codecs and streams and let them be changed", async () => {
    const out = await relayed((call) => {
      const { sdp } = call;
      assert.ok(sdp);
      assert.deepEqual(
        sdp.streams.map((stream) => stream.media),
        ["audio", "video"],
      );
      assert.equal(sdp.hold, undefined);
      assert.ok(sdp.hasCodec("SPEEX"));
      assert.ok(sdp.removeCodecs((_name, clock) => clock === "16000"));
      assert.ok(!sdp.hasCodec("speex"));
      assert.ok(sdp.preferCodecs("PCMA"));
      assert.ok(sdp.deferCodecs("PCMA"));
      assert.ok(sdp.removeStreams("video"));
      assert.ok(sdp.setAddress("192.0.2.1"));
      assert.ok(!sdp.setAddress("192.0.2.1"));
      sdp.addLine("a=inactive");
      assert.equal(sdp.hold, "direction");
    });
    assert.equal(
      out.body,
      ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=audio 4000 RTP/AVP 0 8", "a=inactive", ""].join("\r\n"),
    );
    await relayed((call) => assert.equal(call.sdp, undefined), invite());
  });
});

describe("NAT, checks, URIs", () => {
  test("signs are named, Contacts lead back", async () => {
    const out = await relayed((call) => {
      assert.deepEqual(call.natSigns("privateContact", "otherAddress"), ["otherAddress"]);
      assert.deepEqual(call.natSigns(), ["otherAddress", "privateMedia", "otherPort", "otherContactAddress", "otherContactPort"]);
      call.fixContact(";nat=yes");
    });
    assert.equal(out.header("Contact"), "<sip:alice@203.0.113.7:4242;nat=yes>");
  });
  test("what is wrong with a message is told", async () => {
    await relayed((call) => assert.equal(call.findDefect({ sdp: true, requestUri: true, contact: true }), undefined));
    await relayed((call) => assert.equal(call.findDefect({ sdp: true })?.code, -6), withBody([], "hello"));
  });
  test("a target is made of the Request-URI", async () => {
    const out = await relayed((call) => {
      const uri = withUriParam(call.requestUri, "x=1");
      assert.equal(uri, "sip:bob@example.com;x=1");
      call.relay({ requestUri: uri ?? "", nextHop: "sip:127.0.0.1:5080" });
    });
    assert.ok(out.text.startsWith("INVITE sip:bob@example.com;x=1 SIP/2.0"));
    const request = invite().replace("sip:bob@example.com SIP", "tel:+1-212 SIP");
    await relayed((call) => assert.equal(telToSip(call.requestUri, call.from.uri.host), "sip:+1212@example.com;user=phone"), request);
  });
});

test("replies are changed on their way to the caller, their status within its kind", async () => {
  const app = dialoom({ logLevel: "silent" });
  const seen: unknown[] = [];
  app.invite((call) =>
    call.relay("sip:127.0.0.1:5080", {
      onReply: (reply: Reply) => {
        seen.push(reply.status, reply.branch, reply.hasBody(), reply.hasOption("Allow", "BYE"));
        if (reply.status === 100) return;
        assert.throws(() => reply.setStatus(486, "Busy"), DialoomError);
        assert.throws(() => reply.setStatus(183, "a\r\nb"), DialoomError);
        reply.setStatus(183, "Session Progress").appendHeader("X-By", "us", { before: "CSeq" }).removeHeader("Server");
        reply.fixContact();
      },
    }),
  );
  const [request] = (await app.inject(invite(), { port: 5071 })).requests;
  assert.ok(request);
  const { responses } = await app.inject(answer(request, "180 Ringing", ["Allow: INVITE, BYE", "Server: x"]), { port: 5080 });
  const out = parsed(responses[0]?.text);
  assert.ok(out.text.startsWith("SIP/2.0 183 Session Progress\r\n"));
  assert.equal(out.header("X-By"), "us");
  assert.equal(out.has("Server"), false);
  assert.deepEqual(seen, [180, 0, false, true]);
  await app.close();
});

test("a program counts numbers of its own beside those of the proxy", async () => {
  const app = dialoom({ logLevel: "silent" });
  app.counter("refused").add();
  app.counter("refused").add(2);
  assert.equal(app.counter("refused").value, 3);
  assert.equal(app.counter("refused", "other").value, 0);
  await app.close();
});

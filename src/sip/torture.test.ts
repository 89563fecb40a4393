// RFC 4475, all 49 messages, each with what the parser makes of it. Where routing decides, the verdict says what it will see.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { buildReply, edit, type Fault, H, parseMessage, SipRequest, SipResponse, scanHead } from "./index.ts";

const DIRECTORY = new URL("../../node_modules/sip/test/messages/", import.meta.url);

function load(name: string): string {
  return readFileSync(new URL(`${name}.dat`, DIRECTORY), "latin1");
}

function request(text: string): SipRequest {
  const parsed = parseMessage(text);
  assert.ok(parsed.ok, "it must parse");
  assert.ok(parsed.value instanceof SipRequest);
  return parsed.value;
}

function response(text: string): SipResponse {
  const parsed = parseMessage(text);
  assert.ok(parsed.ok, "it must parse");
  assert.ok(parsed.value instanceof SipResponse);
  return parsed.value;
}

function fault(text: string, stream = false): Fault {
  const parsed = parseMessage(text, { stream });
  assert.ok(!parsed.ok, "it must be refused");
  return parsed.fault;
}

/** Accepted; leaves as it came, apart from bytes beyond its Content-Length and a request line that was put in order. */
type Accepted = { readonly accept: (message: SipRequest) => void; readonly line?: string };
type Relayed = { readonly relay: (message: SipResponse) => void };
type Refused = { readonly status: number; readonly class: string; readonly reason: string; readonly close?: boolean };
type Verdict = Accepted | Relayed | Refused;

const any = (): void => {};
const drop = (cls: string, reason: string): Refused => ({ status: 0, class: cls, reason });

const VERDICTS: readonly (readonly [section: string, name: string, verdict: Verdict])[] = [
  [
    "3.1.1.1",
    "wsinv",
    {
      accept: (m) => {
        assert.equal(m.toTag, "1918181833n");
        assert.equal(m.to.uri, "sip:vivekg@chair-dnrc.example.com");
        assert.equal(m.from.display, 'J Rosenberg \\"');
        assert.equal(m.fromTag, "98asjd8");
        assert.equal(m.maxForwards, 68);
        assert.equal(m.cseqNumber, 9);
        assert.equal(m.topVia.branch, "390skdjuw");
        assert.equal(m.topVia.host, "192.0.2.2");
        assert.ok(!m.topVia.hasCookie);
        assert.equal(m.values(H.Via).length, 3);
        assert.equal(m.header("s"), "");
        assert.equal(m.header("NewFangledHeader"), "newfangled value continued newfangled value");
        assert.deepEqual(m.values("UnknownHeaderWithUnusualValue"), [";;,,;;,;"]);
        assert.deepEqual(m.values(H.Route), ["<sip:services.example.com;lr;unknownwith=value;unknown-no-value>"]);
        assert.equal(m.body.length, 150);
      },
    },
  ],
  [
    "3.1.1.2",
    "intmeth",
    {
      accept: (m) => {
        assert.equal(m.method, "!interesting-Method0123456789_*+`.%indeed'~");
        assert.equal(m.uri.host, "example.com");
        assert.equal(m.uri.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
        assert.equal(m.uri.password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
        assert.equal(m.callId, "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
      },
    },
  ],
  [
    "3.1.1.3",
    "esc01",
    {
      accept: (m) => {
        assert.equal(m.uri.user, "sips%3Auser%40example.com");
        assert.equal(m.uri.host, "example.net");
      },
    },
  ],
  [
    "3.1.1.4",
    "escnull",
    { accept: (m) => assert.deepEqual(m.values(H.Contact), ["<sip:%00@host5.example.com>", "<sip:%00%00@host5.example.com>"]) },
  ],
  ["3.1.1.5", "esc02", { accept: (m) => assert.equal(m.method, "RE%47IST%45R") }],
  [
    "3.1.1.6",
    "lwsdisp",
    {
      accept: (m) => {
        assert.equal(m.from.display, "caller");
        assert.equal(m.from.uri, "sip:caller@example.com");
      },
    },
  ],
  [
    "3.1.1.7",
    "longreq",
    {
      accept: (m) => {
        assert.equal(m.values(H.Via).length, 34);
        assert.ok(m.fromTag.length > 64);
      },
    },
  ],
  [
    "3.1.1.8",
    "dblreq",
    {
      accept: (m) => {
        assert.equal(m.method, "REGISTER");
        assert.equal(m.body, "");
        const second = request(m.text.slice(m.bodyEnd));
        assert.equal(second.method, "INVITE");
        assert.equal(scanHead(m.text, 0).bodyAt, m.bodyEnd);
      },
    },
  ],
  ["3.1.1.9", "semiuri", { accept: (m) => assert.equal(m.uri.user, "user;par=u%40example.net") }],
  [
    "3.1.1.10",
    "transports",
    {
      accept: (m) => {
        assert.equal(m.topVia.transport, "UDP");
        assert.equal(m.values(H.Via).length, 5);
      },
    },
  ],
  [
    "3.1.1.11",
    "mpart01",
    {
      accept: (m) => {
        assert.equal(m.method, "MESSAGE");
        assert.equal(m.body.length, Number(m.header(H.ContentLength)));
        assert.ok(m.contentType?.startsWith("multipart/mixed"));
      },
    },
  ],
  ["3.1.1.12", "unreason", { relay: (m) => assert.ok(Buffer.from(m.reason, "latin1").toString("utf8").includes("простое")) }],
  ["3.1.1.13", "noreason", { relay: (m) => assert.equal(m.reason, "") }],
  ["3.1.2.1", "badinv01", { status: 400, class: "X-06", reason: "Bad Via Header" }],
  ["3.1.2.2", "clerr", { status: 400, class: "X-10", reason: "Bad Content-Length Header", close: true }],
  ["3.1.2.3", "ncl", { status: 400, class: "X-10", reason: "Bad Content-Length Header", close: true }],
  ["3.1.2.4", "scalar02", { status: 400, class: "X-08", reason: "Bad CSeq Header" }],
  ["3.1.2.5", "scalarlg", drop("X-08", "Bad CSeq Header")],
  ["3.1.2.6", "quotbal", { status: 400, class: "X-06", reason: "Bad To Header" }],
  ["3.1.2.7", "ltgtruri", { status: 400, class: "X-13", reason: "Bad Request-URI" }],
  ["3.1.2.8", "lwsruri", { status: 400, class: "X-13", reason: "Bad Request-URI" }],
  ["3.1.2.9", "lwsstart", { accept: any, line: "INVITE sip:user@example.com SIP/2.0" }],
  ["3.1.2.10", "trws", { accept: any, line: "OPTIONS sip:remote-target@example.com SIP/2.0" }],
  ["3.1.2.11", "escruri", { status: 400, class: "X-13", reason: "Bad Request-URI" }],
  ["3.1.2.12", "baddate", { accept: (m) => assert.equal(m.header(H.Date), "Fri, 01 Jan 2010 16:00:00 EST") }],
  // The registrar's job; a proxy only passes the Contact on.
  ["3.1.2.13", "regbadct", { accept: (m) => assert.ok(m.nameAddrs(H.Contact).ok) }],
  ["3.1.2.14", "badaspec", { status: 400, class: "X-06", reason: "Bad To Header" }],
  [
    "3.1.2.15",
    "baddn",
    {
      accept: (m) => {
        assert.equal(m.from.uri, "sip:a.g.bell@example.com");
        assert.equal(m.from.display, "Bell, Alexander");
        assert.equal(m.fromTag, "43");
      },
    },
  ],
  ["3.1.2.16", "badvers", { status: 505, class: "X-03", reason: "Version Not Supported" }],
  ["3.1.2.17", "mismatch01", { status: 400, class: "X-09", reason: "CSeq Method Mismatch" }],
  ["3.1.2.18", "mismatch02", { status: 400, class: "X-09", reason: "CSeq Method Mismatch" }],
  ["3.1.2.19", "bigcode", drop("X-19", "Bad Status Code")],
  [
    "3.2.1",
    "badbranch",
    {
      accept: (m) => {
        assert.equal(m.topVia.branch, "z9hG4bK");
        assert.ok(!m.topVia.hasCookie, "only the cookie: matched as RFC 2543 does");
      },
    },
  ],
  ["3.3.1", "insuf", { status: 400, class: "X-05", reason: "Missing To Header" }],
  // The next two are refused with 416 by routing, which asks `isSip`.
  [
    "3.3.2",
    "unkscm",
    {
      accept: (m) => {
        assert.equal(m.uri.scheme, "nobodyknowsthisscheme");
        assert.ok(!m.uri.isSip && !m.has(H.Route));
      },
    },
  ],
  [
    "3.3.3",
    "novelsc",
    {
      accept: (m) => {
        assert.equal(m.uri.scheme, "soap.beep");
        assert.ok(!m.uri.isSip && !m.has(H.Route));
      },
    },
  ],
  [
    "3.3.4",
    "unksm2",
    {
      accept: (m) => {
        assert.ok(m.uri.isSip);
        assert.equal(m.to.sipUri()?.scheme, "isbn");
        assert.equal(m.from.sipUri()?.scheme, "http");
      },
    },
  ],
  // Refused with 420 by the proxy, which asks Proxy-Require only.
  [
    "3.3.5",
    "bext01",
    {
      accept: (m) => {
        assert.deepEqual(m.values(H.ProxyRequire), ["noProxiesSupportThis", "norDoAnyProxiesSupportThis"]);
        assert.deepEqual(m.values(H.Require), ["nothingSupportsThis", "nothingSupportsThisEither"]);
      },
    },
  ],
  ["3.3.6", "invut", { accept: (m) => assert.equal(m.contentType, "application/unknownformat") }],
  ["3.3.7", "regaut01", { accept: (m) => assert.ok(m.header(H.Authorization)?.startsWith("NoOneKnowsThisScheme")) }],
  ["3.3.8", "multi01", { status: 400, class: "X-07", reason: "Multiple CSeq Headers" }],
  ["3.3.9", "mcl01", { status: 400, class: "X-07", reason: "Multiple Content-Length Headers", close: true }],
  // Response routing sees the second Via and never sends to a broadcast address.
  ["3.3.10", "bcast", { relay: (m) => assert.ok(m.values(H.Via)[1]?.includes("255.255.255.255")) }],
  // Refused with 483 by the proxy, which asks maxForwards.
  ["3.3.11", "zeromf", { accept: (m) => assert.equal(m.maxForwards, 0) }],
  [
    "3.3.12",
    "cparam01",
    {
      accept: (m) => {
        const contacts = m.nameAddrs(H.Contact);
        assert.ok(contacts.ok);
        assert.equal(contacts.value[0]?.param("unknownparam"), "");
        assert.equal(contacts.value[0]?.uri, "sip:+19725552222@gw1.example.net");
      },
    },
  ],
  [
    "3.3.13",
    "cparam02",
    {
      accept: (m) => {
        const contacts = m.nameAddrs(H.Contact);
        assert.ok(contacts.ok);
        assert.equal(contacts.value[0]?.param("unknownparam"), undefined);
        assert.equal(contacts.value[0]?.uri, "sip:+19725552222@gw1.example.net;unknownparam");
      },
    },
  ],
  [
    "3.3.14",
    "regescrt",
    {
      accept: (m) => {
        const contacts = m.nameAddrs(H.Contact);
        assert.ok(contacts.ok);
        assert.equal(contacts.value[0]?.sipUri()?.headers, "Route=%3Csip:sip.example.com%3E");
      },
    },
  ],
  ["3.3.15", "sdp01", { accept: (m) => assert.equal(m.values(H.Accept)[0], "text/nobodyKnowsThis") }],
  [
    "3.4.1",
    "inv2543",
    {
      accept: (m) => {
        assert.equal(m.topVia.branch, "");
        assert.equal(m.fromTag, "");
        assert.equal(m.maxForwards, -1);
        assert.ok(m.body.startsWith("v=0"));
      },
    },
  ],
];

describe("RFC 4475", () => {
  test("every message of the document has a verdict", () => {
    assert.equal(VERDICTS.length, 49);
    assert.equal(new Set(VERDICTS.map(([, name]) => name)).size, 49);
  });

  for (const [section, name, verdict] of VERDICTS) {
    test(`§${section} ${name}`, () => {
      const text = load(name);
      if ("status" in verdict) {
        const found = fault(text);
        assert.deepEqual([found.status, found.class, found.reason], [verdict.status, verdict.class, verdict.reason]);
        assert.equal(found.close, verdict.close === true);
        assert.ok(found.counted);
        if (found.status !== 0) assertAnswerable(found);
        return;
      }
      const message = "relay" in verdict ? response(text) : request(text);
      const body = message.text.slice(message.bodyAt, message.bodyEnd);
      const sent = edit(message).serialise();
      if ("relay" in verdict && message instanceof SipResponse) verdict.relay(message);
      if ("accept" in verdict && message instanceof SipRequest) {
        verdict.accept(message);
        if (verdict.line !== undefined) {
          assert.equal(sent, verdict.line + text.slice(text.indexOf("\r\n")));
          const strict = parseMessage(text, { lenient: false });
          assert.ok(!strict.ok && strict.fault.status === 400 && strict.fault.reason === "Bad Request Line");
          return;
        }
      }
      assert.ok(text.startsWith(sent), "it leaves as it came");
      assert.ok(sent.endsWith(body));
    });
  }
});

// A reply to a bad request carries what could be had and reads as a response wherever the request's own lines allow it.
function assertAnswerable(found: Fault): void {
  assert.ok(found.headers !== undefined);
  const reply = buildReply(found.headers, { status: found.status, reason: found.reason, toTag: "d1", ip: "192.0.2.77", port: 5099 });
  assert.ok(reply.startsWith(`SIP/2.0 ${found.status} ${found.reason}\r\n`));
  assert.ok(reply.includes("received=192.0.2.77"));
  assert.ok(reply.endsWith("\r\nContent-Length: 0\r\n\r\n"));
}

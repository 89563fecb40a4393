// Laws of the message layer, checked on messages made up by fast-check and on bytes of every kind.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  buildReply,
  edit,
  H,
  type HeaderId,
  headerRow,
  hostPort,
  parseMessage,
  parseNameAddr,
  parseUri,
  parseVia,
  SipRequest,
  scanHead,
  splitList,
  uriEquals,
  viaText,
} from "./index.ts";

const text = (unit: string, minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...unit), minLength, maxLength });
const ALNUM = "abcXYZ019";
const token = text(`${ALNUM}-.!%*_+\`'~`, 1, 12);
const host = fc.oneof(
  fc.constantFrom("example.com", "a-b.example", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]", "h"),
  text(`${ALNUM}-.`, 1, 15),
);
const port = fc.oneof(
  fc.constant(""),
  fc.integer({ min: 1, max: 65_535 }).map((n) => `:${n}`),
);
const user = text(`${ALNUM}-_.!~*'()&=+$,;?/`, 1, 12);
const paramName = text(ALNUM, 1, 6);
const uriParam = fc
  .tuple(paramName, fc.option(text(`${ALNUM}-_.!~*'()[]/:&+$`, 1, 8)))
  .map(([n, v]) => (v === null ? `;${n}` : `;${n}=${v}`));
const uriText = fc
  .tuple(
    fc.constantFrom("sip", "sips", "SIP"),
    fc.option(user),
    fc.option(text(ALNUM, 0, 5)),
    host,
    port,
    fc.array(uriParam, { maxLength: 4 }),
  )
  .map(([scheme, name, password, at, p, params]) => {
    const info = name === null ? "" : `${name}${password === null ? "" : `:${password}`}@`;
    return `${scheme}:${info}${at}${p}${params.join("")}`;
  });
const quoted = text(`${ALNUM} ,;<>@\\"`, 0, 10).map((s) => `"${s.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
const display = fc.oneof(
  fc.constant(""),
  quoted.map((q) => `${q} `),
  text(ALNUM, 1, 8).map((s) => `${s} `),
);
const addressText = (tag: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(display, uriText, tag).map(([name, uri, t]) => `${name}<${uri}>${t === "" ? "" : `;tag=${t}`}`);
const sp = fc.constantFrom("", " ", "  ", "\t");
const fold = fc.constantFrom(" ", "  ", "\r\n ", "\r\n\t", " \r\n  ");
const viaValue = fc
  .tuple(
    fc.constantFrom("UDP", "tcp", "TLS", "X"),
    host,
    port,
    token,
    fc.constantFrom("", ";rport", ";rport=7", ";received=192.0.2.3", ';x="a,b"'),
  )
  .map(([t, h, p, b, more]) => `SIP/2.0/${t} ${h}${p};branch=z9hG4bK${b}${more}`);
const otherLine = fc
  .tuple(
    fc.constantFrom("X-Any", "Subject", "s", "Contact", "Supported", "User-Agent", "Route", "P-Asserted-Identity"),
    sp,
    fold,
    text(`${ALNUM} ,;<>"\xc3\xa9`, 0, 30),
  )
  .map(([name, before, after, value]) => `${name}${before}:${after}${value}`);
const eol = fc.constantFrom("\r\n", "\n");

/** Any request this proxy accepts: any order, compact names, folds, odd spaces, either line end. */
const requestText = fc
  .record({
    method: fc.oneof(fc.constantFrom("INVITE", "BYE", "OPTIONS", "ACK"), token),
    uri: uriText,
    vias: fc.array(viaValue, { minLength: 1, maxLength: 3 }),
    viaName: fc.constantFrom("Via", "v", "VIA "),
    from: addressText(token),
    to: addressText(fc.oneof(fc.constant(""), token)),
    callId: text(`${ALNUM}@.-()<>[]{}?`, 1, 20),
    cseq: fc.integer({ min: 0, max: 0x7fffffff }),
    hops: fc.option(fc.integer({ min: 0, max: 255 })),
    others: fc.array(otherLine, { maxLength: 5 }),
    body: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 40 }),
    joined: fc.boolean(),
    seed: fc.array(fc.nat(), { minLength: 16, maxLength: 16 }),
    gap: fold,
    eol,
  })
  .map((m) => {
    const vias = m.joined ? [`${m.viaName}:${m.gap}${m.vias.join(` ,${m.gap}`)}`] : m.vias.map((v) => `${m.viaName}: ${v}`);
    const rest = [`f:${m.gap}${m.from}`, `To: ${m.to}`, `Call-ID:${m.gap}${m.callId}`, `CSeq: ${m.cseq}${m.gap}${m.method}`, ...m.others];
    if (m.hops !== null) rest.push(`Max-Forwards : ${m.hops}`);
    rest.push(`Content-Length:${m.gap}${m.body.length}`);
    const order = rest.map((line, i) => [m.seed[i % 16] ?? 0, line] as const).sort((a, b) => a[0] - b[0]);
    const all = [`${m.method} ${m.uri} SIP/2.0`, ...vias, ...order.map(([, line]) => line)];
    return `${all.join(m.eol)}${m.eol}${m.eol}${m.body}`;
  });

function request(from: string): SipRequest {
  const parsed = parseMessage(from);
  assert.ok(parsed.ok, parsed.ok ? "" : `${parsed.fault.class} ${parsed.fault.reason}`);
  assert.ok(parsed.value instanceof SipRequest);
  return parsed.value;
}

const anyBytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 300 });
const TORTURE = new URL("../../node_modules/sip/test/messages/", import.meta.url);
const CORPUS = readdirSync(TORTURE)
  .filter((name) => name.endsWith(".dat"))
  .map((name) => readFileSync(new URL(name, TORTURE), "latin1"));

/** Real messages with a few bytes changed, cut out, doubled or put in: what random bytes would never reach. */
const mutated = fc
  .tuple(
    fc.oneof(requestText, fc.constantFrom(...CORPUS)),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat(8),
        fc.constantFrom(
          "",
          "\0",
          "\r\n",
          "\n",
          "\r",
          " ",
          '"',
          "<",
          ">",
          ";",
          ",",
          ":",
          "@",
          "=",
          "[",
          "]",
          "%",
          "9",
          "\xff",
          "Via: x\r\n",
          "\r\n\r\n",
        ),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  )
  .map(([base, changes]) => {
    let out = base;
    for (const [where, cut, put] of changes) {
      const at = where % (out.length + 1);
      out = out.slice(0, at) + put + out.slice(at + cut);
    }
    return out;
  });

// Touches every lazy view, so that nothing can hide behind "not asked for".
function readAll(from: string): void {
  for (const stream of [false, true]) {
    const parsed = parseMessage(from, { stream });
    if (!parsed.ok) {
      const { headers, status } = parsed.fault;
      assert.ok(status === 0 || headers !== undefined);
      if (headers !== undefined) buildReply(headers, { status: 400, toTag: "t", ip: "192.0.2.1", port: 1, forceRport: true });
      continue;
    }
    const message = parsed.value;
    for (let i = 0; i < message.headerCount; i++) {
      const id = message.headerId(i);
      assert.ok(message.headerIndex(id) >= 0 && message.lineEnd(i) > message.lineAt(i));
      message.values(message.headerName(i));
      message.nameAddrs(id);
      message.number(id);
      edit(message).removeValue(i, 1).set(id, "x").removeValue(i, 0).serialise();
    }
    void [
      message.from.display,
      message.to.params(),
      message.from.sipUri()?.params(),
      message.topVia.ttl,
      message.contentType,
      message.body,
    ];
    const change = edit(message).stampReceived("2001:db8::1", 5, true).removeTopVia().setBody("x").setCseqNumber(1);
    change.serialise({ contentLength: true });
    if (message instanceof SipRequest) {
      void [message.uri.user, message.uri.password, message.uri.headers, message.uri.params()];
      assert.ok(uriEquals(message.uri, message.uri));
      buildReply(message, { status: 200, toTag: "t", ip: "192.0.2.1", port: 1 });
    }
  }
  scanHead(from, 0);
}

describe("laws", () => {
  test("no edit, same bytes", () => {
    fc.assert(fc.property(requestText, (from) => assert.equal(edit(request(from)).serialise(), from)));
  });

  test("one edit, one changed line", () => {
    const change = fc.constantFrom<HeaderId>(H.From, H.To, H.CallId, H.CSeq, H.ContentLength);
    fc.assert(
      fc.property(requestText, change, (from, id) => {
        const message = request(from);
        const line = message.headerIndex(id);
        const sent = edit(message).set(id, "new value").serialise();
        assert.ok(sent.startsWith(from.slice(0, message.lineAt(line))));
        assert.ok(sent.endsWith(from.slice(message.lineEnd(line))));
        const changed = sent.slice(message.lineAt(line), sent.length - (from.length - message.lineEnd(line)));
        assert.ok(changed.trimEnd().endsWith("new value") && changed.startsWith(message.headerName(line)));
      }),
    );
  });

  test("what a relay writes reads back: our lines on top, theirs below, the body intact", () => {
    fc.assert(
      fc.property(requestText, uriText, (from, target) => {
        const message = request(from);
        const hops = message.maxForwards < 1 ? 70 : message.maxForwards - 1;
        const sent = edit(message)
          .stampReceived("198.51.100.200", 4321, true)
          .set(H.MaxForwards, hops)
          .prepend("Via", viaText("UDP", "198.51.100.7", "z9hG4bKours"))
          .prepend("Record-Route", "<sip:198.51.100.7;lr>")
          .retarget(target)
          .serialise();
        const next = request(sent);
        assert.equal(next.requestUri, target);
        assert.equal(next.topVia.branch, "z9hG4bKours");
        assert.equal(next.maxForwards, hops);
        assert.equal(next.values(H.RecordRoute)[0], "<sip:198.51.100.7;lr>");
        assert.equal(next.values(H.Via).length, message.values(H.Via).length + 1);
        const previous = parseVia(next.values(H.Via)[1] ?? "");
        assert.ok(previous.ok);
        assert.deepEqual(
          [previous.value.received, previous.value.rport, previous.value.branch],
          ["198.51.100.200", 4321, message.topVia.branch],
        );
        assert.deepEqual(
          [next.body, next.callId, next.fromTag, next.toTag],
          [message.body, message.callId, message.fromTag, message.toTag],
        );
        const back = edit(next).removeTopVia().serialise();
        assert.equal(request(back).topVia.text, previous.value.text);
      }),
    );
  });

  test("a reply answers the request it was built from", () => {
    fc.assert(
      fc.property(requestText, fc.integer({ min: 100, max: 699 }), (from, status) => {
        const message = request(from);
        const parsed = parseMessage(buildReply(message, { status, toTag: "mine", ip: "192.0.2.200", port: 9 }), { stream: true });
        assert.ok(parsed.ok && !(parsed.value instanceof SipRequest));
        const reply = parsed.value;
        assert.deepEqual(
          [reply.topVia.branch, reply.callId, reply.cseqNumber, reply.cseqMethod, reply.fromTag],
          [message.topVia.branch, message.callId, message.cseqNumber, message.cseqMethod, message.fromTag],
        );
        assert.equal(reply.toTag, message.toTag !== "" || status < 180 ? message.toTag : "mine");
        assert.deepEqual(reply.values(H.Via).slice(1), message.values(H.Via).slice(1));
      }),
    );
  });

  test("no bytes make the parser throw", () => {
    fc.assert(fc.property(anyBytes, readAll));
    fc.assert(fc.property(anyBytes, (bytes) => readAll(`OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n${bytes}\r\n\r\n`)));
    fc.assert(fc.property(anyBytes, (bytes) => readAll(`OPTIONS sip:a@b SIP/2.0\r\nVia: ${bytes}\r\nFrom: ${bytes}\r\n\r\n`)));
    fc.assert(fc.property(mutated, readAll), { numRuns: 1500 });
  });

  test("the framer and the parser see the same head and the same length", () => {
    fc.assert(
      fc.property(fc.oneof(requestText, mutated), (from) => {
        const parsed = parseMessage(from, { stream: true });
        const scan = scanHead(from, 0);
        if (!parsed.ok || parsed.value.text !== from) return;
        if (parsed.value.bodyAt === parsed.value.headEnd) return;
        assert.deepEqual(
          [scan.headEnd, scan.bodyAt, scan.contentLength],
          [parsed.value.headEnd, parsed.value.bodyAt, parsed.value.bodyEnd - parsed.value.bodyAt],
        );
      }),
      { numRuns: 500 },
    );
  });

  test("a URI reads back as it was written, equals itself, and comparison is symmetric", () => {
    fc.assert(
      fc.property(uriText, uriText, (a, b) => {
        const x = parseUri(a);
        const y = parseUri(b);
        assert.ok(x.ok && y.ok);
        assert.equal(x.value.text, a);
        assert.ok(uriEquals(x.value, x.value));
        assert.equal(uriEquals(x.value, y.value), uriEquals(y.value, x.value));
        const u = x.value;
        const info = u.user === undefined ? "" : `${u.user}${u.password === undefined ? "" : `:${u.password}`}@`;
        const printed = `${u.scheme}:${info}${hostPort(u.host, u.port)}${u.paramText}`;
        const again = parseUri(printed);
        assert.ok(again.ok && uriEquals(again.value, u));
      }),
    );
  });

  test("an address reads back: display, URI, tag", () => {
    fc.assert(
      fc.property(text(`${ALNUM} ,;<>@\\"`, 0, 10), uriText, token, (name, uri, tag) => {
        const shown = name.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
        const parsed = parseNameAddr(`"${shown}" <${uri}>;x;tag=${tag}`);
        assert.ok(parsed.ok);
        assert.deepEqual([parsed.value.display, parsed.value.uri, parsed.value.tag], [name, uri, tag]);
      }),
    );
  });

  test("a list taken apart and joined again is the same list", () => {
    fc.assert(
      fc.property(fc.array(addressText(token), { minLength: 1, maxLength: 5 }), sp, (list, space) =>
        assert.deepEqual(splitList(list.join(`${space},${space}`)), list),
      ),
    );
  });

  test("every header answers by number, long name and compact name alike", () => {
    fc.assert(
      fc.property(requestText, (from) => {
        const message = request(from);
        for (const id of [H.Via, H.From, H.To, H.CallId, H.CSeq, H.Contact]) {
          const { name, compact } = headerRow(id);
          assert.equal(message.header(name), message.header(id));
          if (compact !== "") assert.deepEqual(message.values(compact), message.values(id));
        }
      }),
    );
  });

  test("values removed one by one, in any order, leave the others as they were", () => {
    fc.assert(
      fc.property(
        fc.array(addressText(token), { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(5), { maxLength: 6 }),
        fold,
        (list, removed, gap) => {
          const head = `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nf: <sip:a@b>;tag=1\r\nt: <sip:b@c>\r\ni: x\r\nCSeq: 1 OPTIONS\r\n`;
          const message = request(`${head}Route: ${list.join(`,${gap}`)}\r\n\r\n`);
          const change = edit(message);
          for (const k of removed) change.removeValue(message.headerIndex(H.Route), k);
          const left = list.filter((_, k) => !removed.includes(k));
          assert.deepEqual(request(change.serialise()).values(H.Route), left);
        },
      ),
    );
  });
});

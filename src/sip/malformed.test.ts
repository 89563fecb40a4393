// The malformed table of proxy-core 1.8 and the limits of 1.7, row by row: datagram, stream, response.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asFault, asRequest, asResponse, invite, lines, ok } from "./harness.ts";
import { type Fault, H, headerRow, Limits, type ParseOptions, parseMessage } from "./index.ts";

interface Row {
  readonly class: string;
  readonly what: string;
  readonly text: string;
  readonly status: number;
  readonly reason?: string;
  /** Whether a stream is closed after it. */
  readonly close?: boolean;
  readonly options?: ParseOptions;
}

const long = (length: number): string => "x".repeat(length);
const many = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join("\r\n");

const REQUESTS: readonly Row[] = [
  { class: "X-01", what: "nothing", text: "", status: 0, close: true },
  { class: "X-01", what: "a keep-alive", text: "\r\n\r\n", status: 0, close: true },
  { class: "X-01", what: "less than 20 bytes", text: "OPTIONS sip:a SIP/2", status: 0, close: true },
  { class: "X-01", what: "a STUN request", text: `\0\x01\0\x08!\x12\xa4B${long(20)}`, status: 0, close: true },
  { class: "X-01", what: "an RTP packet", text: `\x80\x08${long(40)}`, status: 0, close: true },
  { class: "X-02", what: "HTTP", text: lines(["GET / HTTP/1.1", "Host: www.example.com"]), status: 0, close: true },
  { class: "X-02", what: "a line without a line end", text: long(200), status: 0, close: true },
  { class: "X-02", what: "no Request-URI", text: invite({ start: "INVITE SIP/2.0" }), status: 0, close: true },
  { class: "X-02", what: "no version", text: invite({ start: "INVITE sip:bob@biloxi.example.com" }), status: 0, close: true },
  {
    class: "X-02",
    what: "a method that is no token",
    text: invite({ start: "IN(VITE sip:bob@example.com SIP/2.0" }),
    status: 0,
    close: true,
  },
  {
    class: "X-03",
    what: "another version",
    text: invite({ start: "INVITE sip:bob@example.com SIP/3.0" }),
    status: 505,
    reason: "Version Not Supported",
  },
  { class: "X-04", what: "no Via", text: invite({ Via: undefined }), status: 0 },
  { class: "X-04", what: "an empty Via", text: invite({ Via: "Via:" }), status: 0 },
  { class: "X-04", what: "a Via without a host", text: invite({ Via: "Via: SIP/2.0/UDP ;branch=z9hG4bK1" }), status: 0 },
  { class: "X-04", what: "a Via without a transport", text: invite({ Via: "Via: SIP/2.0/ host" }), status: 0 },
  { class: "X-04", what: "a Via with port 0", text: invite({ Via: "Via: SIP/2.0/UDP host:0;branch=z9hG4bK1" }), status: 0 },
  { class: "X-04", what: "a Via with port 65536", text: invite({ Via: "Via: SIP/2.0/UDP host:65536;branch=z9hG4bK1" }), status: 0 },
  { class: "X-04", what: "a Via with port 10^20", text: invite({ Via: "Via: SIP/2.0/UDP host:100000000000000000000" }), status: 0 },
  { class: "X-04", what: "a Via with an open quote", text: invite({ Via: 'Via: SIP/2.0/UDP host;branch="z9hG4bK1' }), status: 0 },
  { class: "X-04", what: "a Via with an address without brackets", text: invite({ Via: "Via: SIP/2.0/UDP 2001:db8::1" }), status: 0 },
  { class: "X-04", what: "a Via with an open bracket", text: invite({ Via: "Via: SIP/2.0/UDP [2001:db8::1;branch=z9hG4bK1" }), status: 0 },
  { class: "X-04", what: "a NUL in the Via", text: invite({ Via: "Via: SIP/2.0/UDP ho\0st;branch=z9hG4bK1" }), status: 0 },
  ...(["To", "From", "Call-ID", "CSeq"] as const).map((name) => ({
    class: "X-05",
    what: `no ${name}`,
    text: invite({ [name]: undefined }),
    status: 400,
    reason: `Missing ${name} Header`,
  })),
  ...(["To", "From", "Call-ID", "CSeq"] as const).map((name) => ({
    class: "X-06",
    what: `an empty ${name}`,
    text: invite({ [name]: `${name}:` }),
    status: 400,
    reason: `Bad ${name} Header`,
  })),
  ...[
    'To: "Bob <sip:bob@example.com>',
    "To: Bob <sip:bob@example.com",
    "To: Bob <sip:bob @example.com>",
    "To: <>",
    "To: bob",
    "To: <sip:bob@example.com>;tag=",
    "To: <sip:bob@example.com>;tag=1;tag=2",
    "To: <sip:bob@example.com>;tag=a b",
    "To: <sip:bob@example.com>, <sip:eve@example.com>",
    "To: sip:bob@example.com, sip:eve@example.com",
    "To: <sip:bob@example.com> trailing",
    'To: <sip:bob@example.com>;x="open',
    `To: <sip:bob@example.com>${";x".repeat(65)}`,
  ].map((line) => ({ class: "X-06", what: line, text: invite({ To: line }), status: 400, reason: "Bad To Header" })),
  { class: "X-06", what: "CSeq without a method", text: invite({ CSeq: "CSeq: 1" }), status: 400, reason: "Bad CSeq Header" },
  { class: "X-06", what: "CSeq without a number", text: invite({ CSeq: "CSeq: INVITE" }), status: 400, reason: "Bad CSeq Header" },
  { class: "X-06", what: "a negative CSeq", text: invite({ CSeq: "CSeq: -1 INVITE" }), status: 400, reason: "Bad CSeq Header" },
  { class: "X-06", what: "CSeq with more after it", text: invite({ CSeq: "CSeq: 1 INVITE x" }), status: 400, reason: "Bad CSeq Header" },
  { class: "X-06", what: "a line without a colon", text: invite({ Contact: "Foobar roobar" }), status: 400, reason: "Bad Header Line" },
  { class: "X-06", what: "a line without a name", text: invite({ Contact: ": value" }), status: 400, reason: "Bad Header Line" },
  { class: "X-06", what: "a name with a NUL", text: invite({ Contact: "Con\0tact: x" }), status: 400, reason: "Bad Header Line" },
  {
    class: "X-06",
    what: "a name with a CR for its hyphen",
    text: invite({ Contact: "Max\rForwards: 3" }),
    status: 400,
    reason: "Bad Header Line",
  },
  {
    class: "X-06",
    what: "an empty Via value",
    text: invite({ Via: "Via: SIP/2.0/UDP host;branch=z9hG4bK1,," }),
    status: 400,
    reason: "Bad Via Header",
  },
  ...(["To", "From", "Call-ID", "CSeq", "Max-Forwards", "Content-Type"] as const).map((name) => ({
    class: "X-07",
    what: `two ${name}`,
    text: invite({ extra: `${name}: 1 INVITE` }),
    status: 400,
    reason: `Multiple ${name} Headers`,
  })),
  {
    class: "X-07",
    what: "two different Content-Lengths",
    text: invite({ extra: "l: 4" }),
    status: 400,
    reason: "Multiple Content-Length Headers",
    close: true,
  },
  ...["2147483648", "4294967296", "36893488147419103232", "9".repeat(400)].map((number) => ({
    class: "X-08",
    what: `CSeq ${number.slice(0, 24)}`,
    text: invite({ CSeq: `CSeq: ${number} INVITE` }),
    status: 400,
    reason: "Bad CSeq Header",
  })),
  { class: "X-09", what: "another method in CSeq", text: invite({ CSeq: "CSeq: 1 BYE" }), status: 400, reason: "CSeq Method Mismatch" },
  {
    class: "X-09",
    what: "the method in another case",
    text: invite({ CSeq: "CSeq: 1 invite" }),
    status: 400,
    reason: "CSeq Method Mismatch",
  },
  ...["-1", "+5", "0x5", "5 5", "", "five", "2147483649", "4294967301", "18446744073709551621", "99", "5;x", "5,5"].map((length) => ({
    class: "X-10",
    what: `Content-Length "${length}"`,
    text: invite({ "Content-Length": `Content-Length: ${length}` }),
    status: 400,
    reason: "Bad Content-Length Header",
    close: true,
  })),
  {
    class: "X-11",
    what: "a stream without Content-Length",
    text: invite({ "Content-Length": undefined }),
    status: 400,
    reason: "Missing Content-Length Header",
    close: true,
    options: { stream: true },
  },
  { class: "X-12", what: "a head cut in a line", text: invite().slice(0, -20), status: 400, reason: "Truncated Message", close: true },
  ...[
    "<sip:bob@example.com>",
    "sip:bob@exa mple.com",
    "sip:",
    "bob@example.com",
    "sip:@example.com",
    "sip:bob@",
    "sip:bob@example.com:0",
    "sip:bob@example.com:65536",
    "sip:bob@example.com:99999999999999999999",
    "sip:bob@example.com:",
    "sip:bob@example.com:5060x",
    "sip:bob@evil@example.com",
    "sip:bob@example.com;x=a@b",
    "sip:bob@[2001:db8::1",
    "sip:bob@[2001:db8::1::2]",
    "sip:bob@[not-an-address]",
    "sip:bob@example.com?Route=x",
    "sip:b\0b@example.com",
    'sip:b"b@example.com',
    `sip:${long(4200)}@example.com`,
    `sip:bob@example.com${";x".repeat(65)}`,
  ].map((uri) => ({
    class: "X-13",
    what: uri.slice(0, 40),
    text: invite({ start: `INVITE ${uri} SIP/2.0` }),
    status: 400,
    reason: "Bad Request-URI",
  })),
  ...["-1", "256", "1000", "", "seventy", "7 0", "99999999999999999999"].map((hops) => ({
    class: "X-15",
    what: `Max-Forwards "${hops}"`,
    text: invite({ "Max-Forwards": `Max-Forwards: ${hops}` }),
    status: 400,
    reason: "Bad Max-Forwards Header",
  })),
  { class: "X-18", what: "a NUL in From", text: invite({ From: "From: \0 <sip:a@b>;tag=1" }), status: 400, reason: "Bad From Header" },
  { class: "X-18", what: "a bare CR in Call-ID", text: invite({ "Call-ID": "Call-ID: a\rb" }), status: 400, reason: "Bad Call-ID Header" },
  {
    class: "X-18",
    what: "a NUL in a folded Call-ID",
    text: invite({ "Call-ID": "Call-ID:\r\n a\0b" }),
    status: 400,
    reason: "Bad Call-ID Header",
  },
  {
    class: "X-24",
    what: "a long From tag",
    text: invite({ From: `From: <sip:a@b>;tag=${long(257)}` }),
    status: 400,
    reason: "Bad From Header",
  },
  { class: "X-24", what: "a long To tag", text: invite({ To: `To: <sip:a@b>;tag=${long(4096)}` }), status: 400, reason: "Bad To Header" },
  { class: "X-24", what: "a long Call-ID", text: invite({ "Call-ID": `i: ${long(513)}` }), status: 400, reason: "Bad Call-ID Header" },
  {
    class: "L-01",
    what: "a message over the limit",
    text: invite({}, long(70_000)),
    status: 513,
    reason: "Message Too Large",
    close: true,
  },
  {
    class: "L-02",
    what: "a start line over the limit",
    text: invite({ start: `INVITE sip:${long(8200)}@example.com SIP/2.0` }),
    status: 414,
    reason: "Request-URI Too Long",
    close: true,
  },
  {
    class: "L-03",
    what: "a header over the limit",
    text: invite({ Subject: `Subject: ${long(16_400)}` }),
    status: 513,
    reason: "Message Too Large",
    close: true,
  },
  {
    class: "L-03",
    what: "a folded header over the limit",
    text: invite({ Subject: `Subject:${"\r\n x".repeat(5000)}` }),
    status: 513,
    close: true,
  },
  { class: "L-04", what: "257 headers", text: invite({ X: many(300, (i) => `X-${i}: y`) }), status: 513, reason: "Message Too Large" },
  {
    class: "L-05",
    what: "101 Vias on lines",
    text: invite({ V: many(100, () => "v: SIP/2.0/UDP h") }),
    status: 483,
    reason: "Too Many Hops",
  },
  {
    class: "L-05",
    what: "1001 Vias on one line",
    text: invite({ V: `v: ${Array.from({ length: 900 }, () => "SIP/2.0/UDP h").join(",")}` }),
    status: 483,
    reason: "Too Many Hops",
  },
  {
    class: "L-06",
    what: "65 Routes on lines",
    text: invite({ R: many(65, () => "Route: <sip:h;lr>") }),
    status: 400,
    reason: "Too Many Route Values",
  },
  {
    class: "L-06",
    what: "65 Record-Routes on one line",
    text: invite({ R: `Record-Route: ${Array.from({ length: 65 }, () => "<sip:h;lr>").join(", ")}` }),
    status: 400,
    reason: "Too Many Route Values",
  },
];

function check(found: Fault, row: Row): void {
  assert.equal(found.class, row.class);
  assert.equal(found.status, row.status);
  if (row.reason !== undefined) assert.equal(found.reason, row.reason);
  assert.equal(found.close, row.close === true);
  assert.equal(found.counted, row.class !== "X-01");
  assert.ok(found.rule.length > 0);
}

describe("a malformed request", () => {
  for (const row of REQUESTS) {
    test(`${row.class}: ${row.what}`, () => {
      check(asFault(row.text, row.options), row);
      check(asFault(row.text, { ...row.options, stream: true, lenient: false }), row);
    });
  }
  test("an ACK is never answered, whatever is wrong with it", () => {
    const found = asFault(invite({ start: "ACK sip:bob@example.com SIP/2.0", CSeq: "CSeq: 1 BYE" }));
    assert.deepEqual([found.class, found.status], ["X-09", 0]);
  });
  test("nothing is answered when the top Via is unusable too (X-04 beside X-03)", () => {
    assert.equal(asFault(invite({ start: "INVITE sip:a@b SIP/3.0", Via: "Via: nothing" })).status, 0);
  });
  test("the fault tells what an answer needs (M-31)", () => {
    const { headers } = asFault(invite({ CSeq: "CSeq: x", To: "To: <sip:b@c>;tag=t1" }));
    assert.equal(headers?.method, "INVITE");
    assert.equal(headers?.callId, "3848276298220188511@atlanta.example.com");
    assert.equal(headers?.toTag, "t1");
    assert.equal(headers?.topVia.branch, "z9hG4bK74bf9");
  });
});

describe("each known header, empty or twice", () => {
  const needed = new Set(["Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length"]);
  for (const id of Object.values(H)) {
    const { name, compact, isSingle } = headerRow(id);
    if (name === "") continue;
    test(name, () => {
      for (const form of [name, name.toUpperCase(), compact]) {
        if (form === "") continue;
        for (const gap of ["", " ", " \t", "\r\n "]) {
          const parsed = parseMessage(invite({ [name]: `${form}${gap}:${gap}` }));
          // White space before the colon may not break the line.
          const isBroken = gap.includes("\n");
          if (needed.has(name) || isBroken) assert.ok(!parsed.ok && parsed.fault.status === (id === H.Via ? 0 : 400));
          else assert.ok(parsed.ok && parsed.value.header(id) === "");
        }
      }
      const twice = parseMessage(invite({ [name]: `${name}: 1`, extra: `${compact === "" ? name : compact}: 1` }));
      // The same length twice says nothing new.
      if (isSingle && id !== H.ContentLength) assert.ok(!twice.ok);
      else if (id !== H.Via) assert.ok(twice.ok && twice.value.values(id).length === 2);
    });
  }
  test("a header name of 64 KB is over the limit, one of 16 KB is just a name", () => {
    assert.equal(asFault(invite({ X: `${long(60_000)}: y` })).class, "L-03");
    assert.equal(asRequest(invite({ X: `${long(16_000)}: y` })).header(long(16_000)), "y");
    assert.equal(asRequest(invite({ X: "__proto__: y" })).header("__proto__"), "y");
    assert.equal(asRequest(invite()).header("constructor"), undefined);
  });
});

describe("a malformed response is dropped without a word", () => {
  const RESPONSES: readonly (readonly [cls: string, text: string, close?: boolean])[] = [
    ["X-03", ok({ start: "SIP/3.0 200 OK" })],
    ["X-04", ok({ Via: undefined, Via2: undefined })],
    ["X-05", ok({ To: undefined })],
    ["X-06", ok({ From: "From: nobody" })],
    ["X-07", ok({ extra: "To: <sip:x@y>" })],
    ["X-08", ok({ CSeq: "CSeq: 9292394834772304023312 INVITE" })],
    ["X-10", ok({ "Content-Length": "Content-Length: 4" }), true],
    ["X-18", ok({ "Call-ID": "i: a\0" })],
    ["X-19", ok({ start: "SIP/2.0 99 Low" })],
    ["X-19", ok({ start: "SIP/2.0 099 Low" })],
    ["X-19", ok({ start: "SIP/2.0 700 High" })],
    ["X-19", ok({ start: "SIP/2.0 2000 Long" })],
    ["X-19", ok({ start: "SIP/2.0 2OO Letters" })],
    ["X-19", ok({ start: "SIP/2.0 " })],
    ["X-19", ok({ start: "SIP/2.0 200OK" })],
    ["X-24", ok({ To: `To: <sip:x@y>;tag=${long(300)}` })],
    ["L-02", ok({ start: `SIP/2.0 200 ${long(9000)}` }), true],
  ];
  for (const [cls, text, close] of RESPONSES) {
    test(`${cls}: ${text.slice(0, text.indexOf("\r\n")).slice(0, 30)}`, () => {
      for (const stream of [false, true]) {
        const found = asFault(text, { stream });
        assert.deepEqual([found.class, found.status, found.isRequest, found.close], [cls, 0, false, close === true]);
        assert.equal(found.headers, undefined);
      }
    });
  }
  test("a bad Max-Forwards in it is ignored (X-15)", () => {
    assert.equal(asResponse(ok({ "Max-Forwards": "Max-Forwards: many" })).maxForwards, -1);
  });
  test("the CSeq method need not be known to the parser (X-09 is the transaction's)", () => {
    assert.equal(asResponse(ok({ CSeq: "CSeq: 1 FOO" })).cseqMethod, "FOO");
  });
});

describe("what looks odd and is still accepted", () => {
  test("line ends of one LF, leading CRLFs, a missing empty line (M-7, M-11, M-13)", () => {
    const text = `\r\n\n${invite({}, "v=0\n").replaceAll("\r\n", "\n")}`;
    assert.equal(asRequest(text).body, "v=0\n");
    const bare = invite({ "Content-Length": undefined }, "").slice(0, -2);
    assert.equal(asRequest(bare).body, "");
  });
  test("a status line without a phrase, and without the space before it (M-8)", () => {
    assert.equal(asResponse(ok({ start: "SIP/2.0 200 " })).reason, "");
    assert.equal(asResponse(ok({ start: "SIP/2.0 200" })).reason, "");
    assert.equal(asResponse(ok({ start: "sip/2.0 486 Busy  Here" })).reason, "Busy  Here");
  });
  test("a From without a tag (M-18) and any unknown method (X-23)", () => {
    const request = asRequest(invite({ start: "FOO sip:a@b SIP/2.0", CSeq: "CSeq: 7 FOO", From: "From: sip:old@example.com" }));
    assert.deepEqual([request.method, request.fromTag], ["FOO", ""]);
  });
  test("the same Content-Length twice", () => {
    assert.equal(asRequest(invite({ extra: "l : 005" })).body.length, 5);
  });
  test("bytes beyond Content-Length belong to nobody; without one the datagram's rest is the body (M-27)", () => {
    assert.equal(asRequest(`${invite()}garbage`).body, "v=0\r\n");
    assert.equal(asRequest(`${invite({ "Content-Length": undefined })}more`).body, "v=0\r\nmore");
  });
  test("junk in headers nobody needs (M-17)", () => {
    const request = asRequest(invite({ Date: "Date: yesterday", Warning: "Warning: \0\x01", X: 'X-Y: "open <' }));
    assert.equal(request.header("Date"), "yesterday");
  });
  test("limits are what the configuration says", () => {
    const limits = new Limits({ headerFields: 12, callId: 600 });
    assert.ok(parseMessage(invite({ "Call-ID": `i: ${long(550)}` }), { limits }).ok);
    assert.equal(asFault(invite({ X: many(4, (i) => `X-${i}: y`) }), { limits: { headerFields: 12 } }).class, "L-04");
  });
  test("exactly at the limits", () => {
    assert.ok(parseMessage(invite({ From: `From: <sip:a@b>;tag=${long(256)}`, "Call-ID": `i: ${long(512)}` })).ok);
    assert.ok(parseMessage(invite({ V: many(99, () => "v: SIP/2.0/UDP h"), R: many(64, () => "Route: <sip:h;lr>") })).ok);
    assert.ok(parseMessage(invite({ start: `INVITE sip:b@example.com${";x".repeat(64)} SIP/2.0`, CSeq: "CSeq: 2147483647 INVITE" })).ok);
    assert.ok(parseMessage(invite({ "Max-Forwards": "Max-Forwards: 255" })).ok);
  });
});

// What one message costs in the SIP layer: parse, edit, serialise. Prints µs of CPU per message, median of batches:
// CPU time of the process, garbage collection included, so that other work on the machine does not count.
// Run: node bench/micro/sip.ts

import { edit, H, parseMessage, SipRequest, SipResponse, scanHead } from "../../src/sip/index.ts";

const SDP = [
  "v=0",
  "o=alice 2890844526 2890844526 IN IP4 192.0.2.101",
  "s=-",
  "c=IN IP4 192.0.2.101",
  "t=0 0",
  "m=audio 49170 RTP/AVP 8 0 18 101",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:18 G729/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=ptime:20",
  "a=maxptime:150",
  "a=sendrecv",
  "a=rtcp:49171 IN IP4 192.0.2.101",
  "a=ssrc:3167364092 cname:alice@192.0.2.101",
  "",
].join("\r\n");

const INVITE = Buffer.from(
  [
    "INVITE sip:+4930123456@proxy.example.com;user=phone SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.101:5060;branch=z9hG4bK-524287-1---c7b8a9d0e1f2a3b4;rport",
    "Max-Forwards: 70",
    "Contact: <sip:alice@192.0.2.101:5060;transport=udp>",
    'To: "Bob" <sip:+4930123456@proxy.example.com;user=phone>',
    'From: "Alice" <sip:alice@proxy.example.com>;tag=9fxced76sl',
    "Call-ID: 3848276298220188511@192.0.2.101",
    "CSeq: 1 INVITE",
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO",
    "Content-Type: application/sdp",
    "Supported: replaces, timer, 100rel",
    "User-Agent: Example Phone 5.4.1 (build 20011)",
    "Session-Expires: 1800;refresher=uac",
    `Content-Length: ${SDP.length}`,
    "",
    SDP,
  ].join("\r\n"),
  "latin1",
);

const OK = Buffer.from(
  [
    "SIP/2.0 200 OK",
    "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKf2c1.9ab3d701.0.1f2e3d4c.5b6a7988",
    "Via: SIP/2.0/UDP 192.0.2.101:5060;received=192.0.2.101;branch=z9hG4bK-524287-1---c7b8a9d0e1f2a3b4;rport=5060",
    "Record-Route: <sip:198.51.100.7;lr;ftag=9fxced76sl;did=4d1.8e2b3f41>",
    'To: "Bob" <sip:+4930123456@proxy.example.com;user=phone>;tag=a6c85cf',
    'From: "Alice" <sip:alice@proxy.example.com>;tag=9fxced76sl',
    "Call-ID: 3848276298220188511@192.0.2.101",
    "CSeq: 1 INVITE",
    "Contact: <sip:bob@192.0.2.20:5060>",
    "Content-Type: application/sdp",
    `Content-Length: ${SDP.length}`,
    "",
    SDP,
  ].join("\r\n"),
  "latin1",
);

const RECORD_ROUTE = "<sip:198.51.100.7;lr;ftag=9fxced76sl;did=4d1.8e2b3f41>";
const VIA = "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKf2c1.9ab3d701.0.1f2e3d4c.5b6a7988";
const wire = Buffer.allocUnsafeSlow(65_536);

// The text is made from the bytes and the result is written to bytes again, as on a socket: nothing is left lazy.
function relayInvite(): number {
  const parsed = parseMessage(INVITE.latin1Slice(0, INVITE.length));
  if (!parsed.ok || !(parsed.value instanceof SipRequest)) throw new Error("the INVITE must parse");
  const request = parsed.value;
  const text = edit(request)
    .stampReceived("192.0.2.101", 5060)
    .set(H.MaxForwards, request.maxForwards - 1)
    .prepend("Via", VIA)
    .prepend("Record-Route", RECORD_ROUTE)
    .retarget("sip:+4930123456@192.0.2.20:5060;user=phone")
    .serialise();
  return wire.latin1Write(text, 0, text.length);
}

function relayOk(): number {
  const parsed = parseMessage(OK.latin1Slice(0, OK.length));
  if (!parsed.ok || !(parsed.value instanceof SipResponse)) throw new Error("the 200 must parse");
  const text = edit(parsed.value).removeTopVia().serialise();
  return wire.latin1Write(text, 0, text.length);
}

function parseOnly(): number {
  const parsed = parseMessage(INVITE.latin1Slice(0, INVITE.length));
  return parsed.ok ? parsed.value.bodyEnd : 0;
}

function scanOnly(): number {
  return scanHead(INVITE.latin1Slice(0, INVITE.length), 0).contentLength;
}

function measure(name: string, run: () => number): void {
  const perBatch = 20_000;
  const times: number[] = [];
  let sink = 0;
  for (let i = 0; i < 100_000; i++) sink += run();
  for (let batch = 0; batch < 15; batch++) {
    const start = process.cpuUsage();
    for (let i = 0; i < perBatch; i++) sink += run();
    const used = process.cpuUsage(start);
    times.push((used.user + used.system) / perBatch);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2);
  console.log(`${name.padEnd(34)} ${at(0.5)} µs  (best ${at(0)}, worst ${at(1)}; ${sink > 0 ? "ok" : "nothing done"})`);
}

console.log(`INVITE ${INVITE.length} bytes, 200 ${OK.length} bytes, node ${process.version}`);
measure("relay INVITE: parse, edit, write", relayInvite);
measure("relay 200: parse, drop Via, write", relayOk);
measure("parse INVITE", parseOnly);
measure("stream head scan", scanOnly);

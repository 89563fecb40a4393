// Scripts and messages for the tests of this folder.

const MODULES = "signaling sl tm rr sipmsgops textops cfgutils mathops json statistics avpops nathelper".split(" ");

/** The lines that load what these tests use. */
export const LOAD: string = MODULES.map((name) => `loadmodule "${name}.so"`).join("\n");

/** An SDP with two streams. */
export const SDP: string = [
  "v=0",
  "o=alice 1 1 IN IP4 10.0.0.9",
  "s=-",
  "c=IN IP4 10.0.0.9",
  "t=0 0",
  "m=audio 49170 RTP/AVP 0 8 97",
  "a=rtpmap:97 speex/16000",
  "a=fmtp:97 mode=any",
  "m=video 51372 RTP/AVP 31",
  "a=sendonly",
  "",
].join("\r\n");

/** An INVITE from 10.0.0.2 with these lines besides the usual ones, and this body. */
export function invite(lines: readonly string[] = [], body: string = SDP, uri = "sip:bob@10.0.0.3;x=y"): string {
  const type = body === "" || lines.some((line) => line.startsWith("Content-Type")) ? [] : ["Content-Type: application/sdp"];
  const head = [
    `INVITE ${uri} SIP/2.0`,
    "Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1",
    "Max-Forwards: 70",
    'From: "Al" <sip:alice@a.com>;tag=f1',
    "To: <sip:bob@b.com>",
    "Call-ID: c1@10.0.0.2",
    "CSeq: 7 INVITE",
    "Contact: <sip:alice@192.168.0.5:5070>",
    ...lines,
    ...type,
    `Content-Length: ${body.length}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** A script whose request route does something and then relays to 10.0.0.3. */
export function relayScript(statements: string, more = ""): string {
  return `${LOAD}\n${more}\nroute {\n${statements}\n  $du = "sip:10.0.0.3:5060";\n  if (!t_relay()) xlog("not relayed");\n}\n`;
}

/** The answer of 10.0.0.3 to a request that was relayed to it. */
export function answer(request: string, status: string, lines: readonly string[] = [], body = ""): string {
  const kept = request.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|Record-Route):/.test(line));
  return `${[`SIP/2.0 ${status}`, ...kept, "To: <sip:bob@b.com>;tag=t1", ...lines, `Content-Length: ${body.length}`].join("\r\n")}\r\n\r\n${body}`;
}

// Messages for the tests of this room.

import { invariant } from "../kit/index.ts";
import { type Fault, type ParseOptions, parseMessage, SipRequest, SipResponse } from "./index.ts";

/** Joins lines with CRLF, ends the head with an empty line and adds the body. */
export function lines(head: readonly string[], body = ""): string {
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** A plain INVITE; lines whose name is in `changes` are replaced, or left out when undefined. */
export function invite(changes: Readonly<Record<string, string | undefined>> = {}, body = "v=0\r\n"): string {
  const fields: Record<string, string | undefined> = {
    start: "INVITE sip:bob@biloxi.example.com SIP/2.0",
    Via: "Via: SIP/2.0/UDP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;rport",
    "Max-Forwards": "Max-Forwards: 70",
    From: 'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
    To: "To: Bob <sip:bob@biloxi.example.com>",
    "Call-ID": "Call-ID: 3848276298220188511@atlanta.example.com",
    CSeq: "CSeq: 1 INVITE",
    Contact: "Contact: <sip:alice@client.atlanta.example.com>",
    "Content-Type": "Content-Type: application/sdp",
    "Content-Length": `Content-Length: ${body.length}`,
    ...changes,
  };
  return lines(
    Object.values(fields).filter((line) => line !== undefined),
    body,
  );
}

/** The 200 to it, with two Vias. */
export function ok(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Record<string, string | undefined> = {
    start: "SIP/2.0 200 OK",
    Via: "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bKa1",
    Via2: "Via: SIP/2.0/UDP client.atlanta.example.com:5060;branch=z9hG4bK74bf9;received=192.0.2.101;rport=5060",
    From: 'From: "Alice" <sip:alice@atlanta.example.com>;tag=9fxced76sl',
    To: "To: Bob <sip:bob@biloxi.example.com>;tag=314159",
    "Call-ID": "Call-ID: 3848276298220188511@atlanta.example.com",
    CSeq: "CSeq: 1 INVITE",
    "Content-Length": "Content-Length: 0",
    ...changes,
  };
  return lines(Object.values(fields).filter((line) => line !== undefined));
}

/** Parses what must be a request. */
export function asRequest(text: string, options?: ParseOptions): SipRequest {
  const parsed = parseMessage(text, options);
  invariant(parsed.ok, parsed.ok ? "" : `${parsed.fault.class} ${parsed.fault.reason}`);
  invariant(parsed.value instanceof SipRequest, "a request");
  return parsed.value;
}

/** Parses what must be a response. */
export function asResponse(text: string, options?: ParseOptions): SipResponse {
  const parsed = parseMessage(text, options);
  invariant(parsed.ok, parsed.ok ? "" : `${parsed.fault.class} ${parsed.fault.reason}`);
  invariant(parsed.value instanceof SipResponse, "a response");
  return parsed.value;
}

/** Parses what must be refused. */
export function asFault(text: string, options?: ParseOptions): Fault {
  const parsed = parseMessage(text, options);
  invariant(!parsed.ok, "it must be refused");
  return parsed.fault;
}

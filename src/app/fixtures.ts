// Messages for tests of routes: what a caller and a callee would send.
import type { SentMessage } from "./inject.ts";

/** An INVITE to `sip:bob@example.com` from a caller at 127.0.0.1:5071. */
export function invite(changes: { readonly user?: string; readonly callId?: string; readonly headers?: readonly string[] } = {}): string {
  const { user = "alice", callId = "call-1@caller", headers = [] } = changes;
  return lines(
    "INVITE sip:bob@example.com SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-${callId};rport`,
    "Max-Forwards: 70",
    `From: "A" <sip:${user}@example.com>;tag=from-tag`,
    "To: <sip:bob@example.com>",
    `Call-ID: ${callId}`,
    "CSeq: 1 INVITE",
    `Contact: <sip:${user}@127.0.0.1:5071>`,
    ...headers,
    "Content-Length: 0",
  );
}

/** The CANCEL of an INVITE that was received. */
export function cancelOf(request: string): string {
  const kept = headersOf(request, ["via", "from", "to", "call-id"]);
  return lines("CANCEL sip:bob@example.com SIP/2.0", ...kept, "CSeq: 1 CANCEL", "Max-Forwards: 70", "Content-Length: 0");
}

/** What the callee answers to a request that reached it. */
export function answer(request: SentMessage, status: string, headers: readonly string[] = []): string {
  const kept = headersOf(request.text, ["via", "record-route", "from", "call-id", "cseq"]);
  return lines(
    `SIP/2.0 ${status}`,
    ...kept,
    "To: <sip:bob@example.com>;tag=to-tag",
    "Contact: <sip:bob@127.0.0.1:5080>",
    ...headers,
    "Content-Length: 0",
  );
}

/** A request inside the call, from the caller, by the Record-Route of an answer that reached it. */
export function within(reply: SentMessage, method: string, cseq: number): string {
  const route = headersOf(reply.text, ["record-route"]).map((line) => line.replace("Record-Route", "Route"));
  return lines(
    `${method} sip:bob@127.0.0.1:5080 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-${method}-${cseq};rport`,
    ...route,
    "Max-Forwards: 70",
    ...headersOf(reply.text, ["from", "to", "call-id"]),
    `CSeq: ${cseq} ${method}`,
    "Content-Length: 0",
  );
}

function headersOf(message: string, names: readonly string[]): string[] {
  return message.split("\r\n").filter((line) => names.includes(line.slice(0, line.indexOf(":")).toLowerCase()));
}

function lines(...all: readonly string[]): string {
  return `${all.join("\r\n")}\r\n\r\n`;
}

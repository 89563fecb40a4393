// Messages for the tests of scripts: who calls is 10.0.0.2, the script is 10.0.0.1, who is called 10.0.0.3.
import { buildReply, parseMessage, SipRequest } from "../../sip/index.ts";

/** What a test wants to differ. */
export interface Shape {
  readonly uri?: string;
  readonly callId?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly toTag?: string;
  readonly headers?: string;
  readonly body?: string;
  readonly maxForwards?: number | "none";
}

/** A request of the caller. */
export function requestText(method: string, shape: Shape = {}): string {
  const { uri = "sip:bob@10.0.0.3:5060", callId = "c1@10.0.0.2", branch = "z9hG4bKx1", cseq = 1, headers = "", body = "" } = shape;
  const tag = shape.toTag === undefined ? "" : `;tag=${shape.toTag}`;
  const hops = shape.maxForwards === "none" ? "" : `Max-Forwards: ${shape.maxForwards ?? 70}\r\n`;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=${branch}\r\nFrom: <sip:alice@example.org>;tag=ft1\r\n` +
    `To: <sip:bob@example.org>${tag}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${hops}${headers}` +
    `Contact: <sip:alice@10.0.0.2:5060>\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** A reply to a request that was sent. @param text - the request */
export function replyText(
  text: string,
  status: number,
  parts: { readonly toTag?: string; readonly headers?: string; readonly reason?: string } = {},
): string {
  return buildReply(readRequest(text), {
    status,
    recordRoute: true,
    ...(status > 100 ? { toTag: parts.toTag ?? "callee" } : {}),
    ...(parts.reason === undefined ? {} : { reason: parts.reason }),
    headers: `Contact: <sip:bob@10.0.0.3:5060>\r\n${parts.headers ?? ""}`,
  });
}

/** A request of a test, read. @throws RangeError when it is none */
export function readRequest(text: string): SipRequest {
  const parsed = parseMessage(text);
  if (!parsed.ok || !(parsed.value instanceof SipRequest)) throw new RangeError(`no request: ${text}`);
  return parsed.value;
}

/** `INVITE` or `180`. */
export function startOf(text: string): string {
  return text.startsWith("SIP/2.0 ") ? text.slice(8, 11) : text.slice(0, text.indexOf(" "));
}

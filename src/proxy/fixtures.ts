// Messages and listeners for the tests of this room.

import { invariant } from "../kit/index.ts";
import { parseMessage, SipRequest, SipResponse } from "../sip/index.ts";
import type { Listener, TransportName } from "../transport/index.ts";

const DEFAULT_PORT: Readonly<Record<TransportName, number>> = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 };

/** A listener as the transport would make it. */
export function listener(
  transport: TransportName,
  ip: string,
  port: number,
  index = 0,
  advertised?: { host: string; port: number },
): Listener {
  const host = ip.includes(":") ? `[${ip}]` : ip;
  const shownHost = advertised?.host ?? host;
  const shownPort = advertised?.port ?? port;
  return {
    index,
    transport,
    ip,
    port,
    family: ip.includes(":") ? 6 : 4,
    name: `${transport}:${host}:${port}`,
    sentBy: advertised !== undefined || shownPort !== DEFAULT_PORT[transport] ? `${shownHost}:${shownPort}` : shownHost,
    uriHost: advertised !== undefined || shownPort !== 5060 ? `${shownHost}:${shownPort}` : shownHost,
    advertisedHost: shownHost,
    advertisedPort: shownPort,
    tag: undefined,
    isReliable: transport !== "udp",
  };
}

/** What a test wants to say about a request; the rest is filled in. */
export interface RequestShape {
  readonly via?: string;
  readonly branch?: string;
  readonly from?: string;
  readonly fromTag?: string;
  readonly to?: string;
  readonly toTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly maxForwards?: number | "none";
  readonly headers?: string;
  readonly body?: string;
}

/** Text of a request from 10.0.0.2. */
export function requestText(method: string, uri: string, shape: RequestShape = {}): string {
  const { fromTag = "a", toTag, callId = "call1@10.0.0.2", cseq = 1, maxForwards = 70, headers = "", body = "" } = shape;
  const branch = shape.branch ?? `z9hG4bK-${callId}`;
  const via = shape.via ?? `SIP/2.0/UDP 10.0.0.2:5060;branch=${branch}`;
  return (
    `${method} ${uri} SIP/2.0\r\nVia: ${via}\r\n` +
    (maxForwards === "none" ? "" : `Max-Forwards: ${maxForwards}\r\n`) +
    `From: <${shape.from ?? "sip:alice@10.0.0.2"}>${fromTag === "" ? "" : `;tag=${fromTag}`}\r\n` +
    `To: <${shape.to ?? "sip:bob@10.0.0.1"}>${toTag === undefined ? "" : `;tag=${toTag}`}\r\n` +
    `Call-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
  );
}

/** A parsed request. */
export function requestOf(method: string, uri: string, shape?: RequestShape): SipRequest {
  return asRequest(requestText(method, uri, shape));
}

/** Parses what must be a request. */
export function asRequest(text: string): SipRequest {
  const parsed = parseMessage(text);
  invariant(parsed.ok && parsed.value instanceof SipRequest, `a request: ${parsed.ok ? "" : parsed.fault.reason}`);
  return parsed.value;
}

/** Parses what must be a response. */
export function asResponse(text: string): SipResponse {
  const parsed = parseMessage(text);
  invariant(parsed.ok && parsed.value instanceof SipResponse, `a response: ${parsed.ok ? "" : parsed.fault.reason}`);
  return parsed.value;
}

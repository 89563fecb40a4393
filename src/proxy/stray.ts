// Replies without a transaction that go on by their second Via (RFC 3261 section 16.7 last paragraph, narrowed by D-03): a 2xx to an
// INVITE of a dialog that is still known, so that the caller of a restarted process gets its answer; and replies to requests that a
// route forwarded without a transaction (section 16.11).

import { edit, H, parseIpv4, parseVia, type SipResponse } from "../sip/index.ts";
import { branchIndexOf } from "../transaction/index.ts";
import type { Source, TransportName } from "../transport/index.ts";
import type { ProxyCore } from "./core.ts";
import type { StrayAnswers } from "./ports.ts";
import { MAX_BRANCHES } from "./settings.ts";

/**
 * Forwards such a reply if it is one.
 * @returns whether it was sent on
 */
export function forwardStray(core: ProxyCore, dialogs: StrayAnswers | undefined, response: SipResponse, source: Source): boolean {
  const { topVia, status, cseqMethod, callId } = response;
  const isStateless = core.forwardsStateless && branchIndexOf(topVia.branch) === MAX_BRANCHES && cseqMethod !== "ACK";
  if (!isStateless && (dialogs === undefined || status < 200 || status > 299 || cseqMethod !== "INVITE")) return false;
  // ours, and made by somebody who knows the secret (S-11)
  if (!core.transport.isOurVia(topVia) || core.codec.loopHash(topVia.branch, callId) < 0) return false;
  const second = response.values(H.Via)[1];
  const parsed = second === undefined ? undefined : parseVia(second);
  if (parsed === undefined || !parsed.ok) return false;
  const via = parsed.value;
  const ip = via.received === "" ? via.host : via.received;
  const transport = transportOf(via.transport);
  if (transport === undefined || (parseIpv4(ip) < 0 && !ip.includes(":"))) return false;
  const listener = core.transport.pickListener(transport, ip, source.listener, undefined);
  const number = isStateless ? response.cseqNumber : dialogs?.numberFor(response, source);
  if (listener === undefined || number === undefined) return false;
  const port = listener.isReliable || via.rport <= 0 ? via.port : via.rport;
  const copy = edit(response).removeTopVia();
  if (number !== response.cseqNumber) copy.setCseqNumber(number);
  const text = listener.isReliable ? copy.serialise({ contentLength: true }) : copy.serialise();
  const result = core.transport.send(text, { transport, ip, port: port === 0 ? defaultPort(transport) : port, listener, flow: 0 });
  return result === "sent" || result === "queued";
}

function defaultPort(transport: TransportName): number {
  return transport === "tls" ? 5061 : transport === "ws" ? 80 : transport === "wss" ? 443 : 5060;
}

function transportOf(name: string): TransportName | undefined {
  switch (name) {
    case "UDP":
      return "udp";
    case "TCP":
      return "tcp";
    case "TLS":
      return "tls";
  }
  return undefined;
}

// Somebody on the network who belongs to no call, knows a good deal of one, and sends requests in its name.
import type { Dialog, DialogTracker } from "../../dialog/index.ts";
import { parseMessage } from "../../sip/index.ts";
import type { DatagramSocket } from "../../transport/index.ts";
import type { Violation } from "../agent/index.ts";
import type { Peer } from "../agent/ports.ts";
import type { MemoryNetwork } from "../network/memory.ts";
import { lineOf } from "./numbering.ts";
import type { ForgedStep } from "./route-plan.ts";

/** Where the forger sends from. */
const FORGER = "10.0.9.9";
const PORT = 5060;
const MADE_UP = "made-up-";
/** What stands in every message of the forger, and goes on with it. */
export const FORGED_LINE = "\r\nX-Forged: yes";

/** Whether a message is of the forger, or about one of its own. */
export function isForged(text: string): boolean {
  return text.includes(FORGED_LINE) || text.includes(MADE_UP);
}

/** The forger. */
export class Forger {
  readonly #proxy: Peer;
  readonly #dialogs: DialogTracker;
  #socket: DatagramSocket | undefined = undefined;
  #count = 0;
  /** Forgeries that were sent. */
  sent = 0;
  readonly #refused = new Set<string>();
  #refusedBefore = 0;
  readonly violations: Violation[] = [];

  constructor(proxy: Peer, dialogs: DialogTracker) {
    this.#proxy = proxy;
    this.#dialogs = dialogs;
  }

  /** How many were refused in so many words. ACKs are not, and answers may be lost. */
  get refused(): number {
    return this.#refusedBefore + this.#refused.size;
  }

  /** Forgets what belongs to calls that are over; the counts stay. */
  forget(): void {
    this.#refusedBefore += this.#refused.size;
    this.#refused.clear();
  }

  /** Listens on the forger's address. */
  static async open(network: MemoryNetwork, proxy: Peer, dialogs: DialogTracker): Promise<Forger> {
    const forger = new Forger(proxy, dialogs);
    forger.#socket = await network.bindDatagram(
      { ip: FORGER, port: PORT, receiveBuffer: 0 },
      { datagram: (text) => forger.#receive(text), sendFailed: () => {}, failed: () => {} },
    );
    return forger;
  }

  /** Sends one forged request, if there is such a call at the moment. @param shown - its Call-ID as the callee sees it */
  forge(callId: string, step: ForgedStep, shown: string = callId): void {
    const dialog = this.#dialogs.lookup(callId);
    if (dialog === undefined) return;
    this.sent++;
    this.#socket?.send(this.#text(dialog, step, shown), this.#proxy.ip, this.#proxy.port, undefined, 0);
  }

  /**
   * A message left the proxy: while its call lives, nothing forged may be among it. With made-up tags it belongs to no call that the proxy
   * knows, and the far end says so.
   */
  passed(text: string, to: string, plain: (callId: string) => string = (callId) => callId): void {
    if (text.startsWith("SIP/2.0 ") || !text.includes(FORGED_LINE) || text.includes(MADE_UP)) return;
    const callId = plain(lineOf(text, "\r\nCall-ID: "));
    if (this.#dialogs.lookup(callId) === undefined) return;
    this.violations.push({ callId, rule: "26", text: `a forged ${text.slice(0, text.indexOf(" "))} went on to ${to}` });
  }

  #text(dialog: Dialog, { how, method, as }: ForgedStep, shown: string): string {
    const { callerLeg } = dialog;
    const callee = dialog.calleeLegs[0];
    const isCaller = as === "caller";
    const [own, other] = isCaller ? [callerLeg, callee] : [callee, callerLeg];
    const hasTags = how !== "tags";
    const fromTag = hasTags ? (own?.tag ?? "") : `${MADE_UP}1`;
    const toTag = hasTags ? (other?.tag ?? "") : `${MADE_UP}2`;
    const bucket = dialog.did.split(".")[0] ?? "";
    const cookie = how === "guessedCookie" || how === "tags" ? `;did=${bucket}.1a2b3c4d` : "";
    const route = how === "noRoute" ? "" : `Route: <sip:${this.#proxy.ip};lr;ftag=${callerLeg.tag}${cookie}>\r\n`;
    // the way to the other party is known to everybody, or leads back to the forger
    const target = how === "target" ? `sip:mine@${FORGER}:${PORT}` : (other?.remoteTarget ?? "");
    const cseq = how === "cancel" ? 1 : 5000 + this.#count;
    const name = how === "cancel" ? "CANCEL" : method;
    const branch = `z9hG4bK-forged-${(this.#count++).toString(36)}`;
    const to = how === "cancel" ? "" : `;tag=${toTag}`;
    const body =
      method === "INVITE" ? `v=0\r\no=- 1 1 IN IP4 ${FORGER}\r\ns=-\r\nc=IN IP4 ${FORGER}\r\nt=0 0\r\nm=audio 4 RTP/AVP 0\r\n` : "";
    return (
      `${name} ${target === "" ? `sip:x@${this.#proxy.ip}` : target} SIP/2.0\r\nVia: SIP/2.0/UDP ${FORGER}:${PORT};branch=${branch}\r\n` +
      `Max-Forwards: 70\r\nFrom: <sip:x@${FORGER}>;tag=${fromTag}\r\nTo: <sip:y@${FORGER}>${to}\r\nCall-ID: ${isCaller ? dialog.callId : shown}${FORGED_LINE}\r\n` +
      `CSeq: ${cseq} ${name}\r\nContact: <sip:mine@${FORGER}:${PORT}>\r\n${route}` +
      (body === "" ? "" : "Content-Type: application/sdp\r\n") +
      `Content-Length: ${body.length}\r\n\r\n${body}`
    );
  }

  #receive(text: string): void {
    const parsed = parseMessage(text);
    if (!parsed.ok) return;
    const message = parsed.value;
    // what leads back to the forger is looked at when it leaves
    if (message.isRequest) return;
    if (message.status >= 300) this.#refused.add(message.topVia.branch);
    // once the call is over here, a request that belongs to none goes where it says, and the far end may not know of the end yet
    else if (message.status >= 200 && this.#dialogs.lookup(message.callId) !== undefined)
      this.violations.push({ callId: message.callId, rule: "26", text: `the forger's ${message.cseqMethod} was accepted` });
  }
}

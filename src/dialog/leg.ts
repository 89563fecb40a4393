// One party's half of a dialog: what is known of it, and the numbers of the requests that went to it.
import type { Listener } from "../transport/index.ts";

/** What a leg without Record-Routes has: shared. */
export const NO_ROUTES: readonly string[] = Object.freeze([]);

/** A request of our own with an offer, under way. */
export interface OwnOffer {
  /** Its receiver makes an offer itself: whichever comes first there, ours must not be repeated after it. */
  cross(): void;
}

/** What one side of a session has described. */
export interface Described {
  /** Last body received from this side. */
  receivedSdp: string;
  /** Last body sent to this side; "" when it is the other side's `receivedSdp` unchanged. */
  sentSdp: string;
}

/** The caller's leg, or one of the callee's. Written by the tracker alone. */
export class Leg implements Described {
  /** From-tag of the INVITE on the caller's side, To-tag of the reply on the callee's; "" until one came. */
  tag = "";
  /** Branch of the INVITE whose reply filled it; −1 for the caller and for an answer made here. */
  readonly branch: number;
  /** `r_cseq`: CSeq of the last request towards this leg, as its sender wrote it. */
  cseq: number;
  /** `prev_cseq`: the one before; −1 until there was one. */
  previousCseq = -1;
  /** `inv_cseq`: CSeq of the last INVITE this leg sent; −1 when it sent none. */
  inviteCseq = -1;
  /** `last_gen_cseq`: the last CSeq on the wire towards this leg since we sent a request of our own; 0 before. */
  generatedCseq = 0;
  /** Method of the last request towards this leg: with `cseq` it tells a copy from a forgery. */
  lastMethod: string;
  /** The number under which that request went on; `cseq` itself where nothing is translated. */
  wireCseq: number;
  /** Contact URI for in-dialog requests; "" until known. */
  remoteTarget = "";
  /** The remote target before that one: requests may still be under way to it. */
  previousTarget = "";
  /** The address its messages came from last. */
  sourceIp = "";
  /** Route values for requests towards this leg, in the order they are sent. */
  routeSet: readonly string[] = NO_ROUTES;
  /** Where the leg's messages come in. */
  listener: Listener | undefined = undefined;
  receivedSdp = "";
  sentSdp = "";
  /** What the caller and this callee have agreed on while others ring too; undefined where the caller's leg has it. */
  callerSdp: Described | undefined = undefined;
  /** Contact line, with its CRLF, as it was shown to this side (topology hiding). */
  advertisedContact = "";
  /** URIs of From and To as rewritten towards this leg; undefined when they are those of the dialog. */
  fromUri: string | undefined = undefined;
  toUri: string | undefined = undefined;
  /** How many Record-Route values the INVITE carried when it left for this leg, ours included. */
  recordRoutes = 0;
  /** Numbers of translated INVITEs, original and rewritten in turn, for their ACKs and PRACKs. */
  rewritten: number[] | undefined = undefined;
  /** Numbers of the requests that this callee sends to the caller while others ring too; undefined where the caller's leg has them. */
  upstream: Leg | undefined = undefined;
  /** Which agreement was the last when its 2xx, or a reliable reply before, described the session (`agreements` of the dialog); −1 when none has. */
  describedAt = -1;
  /** Its 2xx to the INVITE has come: copies of it say nothing new. */
  isAnswered = false;
  /** Requests under way that concern this leg and have no final answer yet: relayed ones in either direction, and our own towards it. */
  open = 0;
  /**
   * Those among them that carry an offer or ask for one: INVITEs, and UPDATE and PRACK with a session description. A relayed INVITE that was
   * answered 2xx counts until its ACK has passed.
   */
  openOffers = 0;

  /** A request of our own to this leg whose offer is not answered yet. */
  ownOffer: OwnOffer | undefined = undefined;

  /**
   * @param branch - index of the INVITE's branch, −1 for the caller
   * @param cseq - where `r_cseq` starts: 0 for the caller, the INVITE's number for a callee
   */
  constructor(branch: number, cseq: number) {
    this.branch = branch;
    this.cseq = cseq;
    this.wireCseq = cseq;
    this.lastMethod = branch < 0 && cseq === 0 ? "" : "INVITE";
  }

  /** A leg for one more party behind the same branch (forking further down). */
  cloneForFork(): Leg {
    const leg = new Leg(this.branch, this.cseq);
    leg.advertisedContact = this.advertisedContact;
    leg.sentSdp = this.sentSdp;
    leg.recordRoutes = this.recordRoutes;
    leg.sourceIp = this.sourceIp;
    leg.fromUri = this.fromUri;
    leg.toUri = this.toUri;
    leg.generatedCseq = this.generatedCseq;
    leg.wireCseq = this.wireCseq;
    leg.rewritten = this.rewritten?.slice();
    return leg;
  }

  /** The route set in the form of tables and listings: comma-joined without spaces. */
  get routeSetText(): string {
    return this.routeSet.length === 0 ? "" : this.routeSet.join(",");
  }
}

/**
 * The route set towards the callee, from the Record-Routes of its 2xx: bottom up, without the last `k`, which are our own and
 * those between us and the caller (3.2).
 * @param recordRoutes - as they stand in the response
 * @param k - how many the INVITE carried when it left
 */
export function calleeRoutes(recordRoutes: readonly string[], k: number): readonly string[] {
  const count = recordRoutes.length - k;
  if (count <= 0) return NO_ROUTES;
  return recordRoutes.slice(0, count).reverse();
}

// What the proxy needs from its surroundings, and what those who route and those who watch dialogs hand in.

import type { Clock, Defer, Log, Random, SipHash, Statistics } from "../kit/index.ts";
import type { SipRequest, SipResponse, Via } from "../sip/index.ts";
import type { ClientParts, ClientTransaction } from "../transaction/index.ts";
import type { Destination, Listener, Resolver, RespondOptions, SendResult, Source, TransportName } from "../transport/index.ts";
import type { RequestContext } from "./context.ts";
import type { ProxySettings } from "./settings.ts";

/**
 * What became of a relay (TM-17): 1 sent (or answered for the route), 0 a retransmission that is dealt with, −1 internal error,
 * −2 bad message, −3 no destination left (or cancelled), −4 unresolvable or bad URI, −5 filtered, −6 sending failed.
 */
export type RelayCode = 1 | 0 | -1 | -2 | -3 | -4 | -5 | -6;

/** Downstream: from caller to callee. */
export type Direction = "downstream" | "upstream";

/** Where one branch of a fork goes. */
export interface BranchTarget {
  readonly requestUri: string;
  /** Next hop URI when it is not the Request-URI. */
  readonly dstUri?: string | undefined;
  /** Route values that the branch gets above those it has (RFC 3327 Path). */
  readonly path?: readonly string[] | undefined;
  /** Preference in thousandths, 0…1000; serial forking starts with the highest. */
  readonly q?: number | undefined;
  readonly listener?: Listener | undefined;
  /** Connection to use when it is still open; 0 for none. */
  readonly flow?: number | undefined;
  /** Not waited for when all other branches are final (TM-33). */
  readonly isMinor?: boolean | undefined;
  /** Carried along for whoever routes; the proxy does not read it. */
  readonly attributes?: unknown;
}

/** How to relay. All optional; the words are those of TM-18. */
export interface RelayOptions {
  /** Parallel branches instead of the current target and branch set. */
  readonly targets?: readonly BranchTarget[];
  /** Failures return their code and leave the answer to the route (0x02). */
  readonly noAutoReply?: boolean;
  /** Only the first address of a name is tried (0x04). */
  readonly noDnsFailover?: boolean;
  /** The Reason of a received CANCEL goes into ours (0x08). */
  readonly passReason?: boolean;
  /** `Request-Disposition: no-cancel` is honoured (0x10). */
  readonly allowNoCancel?: boolean;
  /** Called once with the code when `relay` had to wait for a name to be looked up and returned undefined. */
  readonly settled?: (code: RelayCode) => void;
}

/** Extra parts of an answer made here. */
export interface ReplyExtra {
  /** Complete header lines with CRLF. */
  readonly headers?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly toTag?: string;
  /** An error we send of our own accord to who knows whom: counted against `slErrorRate` and dropped beyond it (S-03). */
  readonly isLimited?: boolean;
}

/**
 * Told when Route processing of a request found something (RR-13), in the order of registration.
 * @param params - parameters of our own Route (or strict R-URI), with the leading `;`; undefined when the top Route was not
 * ours, so that there is no cookie
 */
export type RouteCallback = (context: RequestContext, params: string | undefined, direction: Direction) => void;

/** Who decides what happens to requests: the routes of a door. */
export interface RequestRouter {
  /**
   * `typescript`: the transaction exists before the route runs, and a route that decides nothing is answered 500.
   * `script`: the route makes the transaction (or answers without one), and may end without deciding (TM-19).
   */
  readonly door: "typescript" | "script";
  /** A CANCEL that matches an INVITE runs the route too, instead of being answered and passed on by itself (decision 5). */
  readonly wantsCancel: boolean;
  /** Routes a request. ACKs to 2xx come here too, when there is no `ack`. */
  route(context: RequestContext): void | Promise<void>;
  ack?(context: RequestContext): void | Promise<void>;
}

/**
 * Knows dialogs whose INVITE transaction is gone (a killed and restarted process): a 2xx that belongs to one still goes to its
 * caller. Asked only for 2xx to INVITE whose top Via is ours.
 */
export interface StrayAnswers {
  /**
   * Whether the answer belongs to an answered dialog and may be forwarded by its second Via.
   * @returns the CSeq number that the sender of the INVITE gave it; undefined when it belongs to none
   */
  numberFor(response: SipResponse, source: Source): number | undefined;
}

/** The part of the transport that relaying uses. */
export interface ProxyTransport {
  send(text: string, to: Destination): SendResult;
  respond(text: string, request: SipRequest, source: Source, options?: RespondOptions): SendResult;
  /** The same by a Via alone, for requests that could not be read. */
  respondBy(text: string, via: Via, source: Source, options?: RespondOptions): SendResult;
  /** T-31. */
  isMyself(host: string, port: number, transport?: string): boolean;
  /** is this Via one that we wrote? */
  isOurVia(via: Via): boolean;
  /** Whether a request of this length should not go as a datagram (T-18); a transport without the method never says so. */
  exceedsMtu?(length: number): boolean;
  listenerFor(host: string, port: number, transport: TransportName): Listener | undefined;
  /** T-16. */
  pickListener(transport: TransportName, ip: string, receiving: Listener | undefined, forced: Listener | undefined): Listener | undefined;
}

/** The part of the transaction layer that relaying uses. */
export interface BranchStarter {
  /** @returns undefined when the request could not be sent */
  client(parts: ClientParts): ClientTransaction | undefined;
}

/** What a proxy is made of. */
export interface ProxyDeps {
  readonly transactions: BranchStarter;
  readonly transport: ProxyTransport;
  readonly resolver: Resolver;
  readonly statistics: Statistics;
  readonly clock: Clock;
  readonly random: Random;
  /** Keyed with the node's secret: tags of stateless replies and loop hashes. */
  readonly hash: SipHash;
  /** Runs something after the current turn (queued requests). */
  readonly defer: Defer;
  readonly log: Log;
  readonly settings?: Partial<ProxySettings>;
}

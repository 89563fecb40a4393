// What an operator may change about relaying, with the defaults of the rules they belong to.

/** Settings of the proxy core. Durations in ms. */
export interface ProxySettings {
  /** Value of a Max-Forwards header that we have to add and that the route did not ask for (M-5). */
  readonly maxForwards: number;
  /** A received Max-Forwards above this is lowered to it (MF-1). */
  readonly maxForwardsLimit: number;
  /** RFC 5393 loop check (D-16, TM-49). */
  readonly loopDetect: boolean;
  /** Max-Breadth of a request that carries none; 0 switches the check off (TM-50). */
  readonly maxBreadth: number;
  /** Challenges of all 401/407 branches are merged into the relayed one (D-04). */
  readonly aggregateChallenges: boolean;
  /** A 503 is relayed as it is, not as 500 (D-05). */
  readonly disable503Translation: boolean;
  /** A non-INVITE that nobody answered gets 408 (D-01). */
  readonly nonInvite408: boolean;
  /** 6xx is an ordinary negative answer (TM-29). */
  readonly disable6xxBlock: boolean;
  /** A cancelled INVITE whose outcome would be 408 is answered 487 (TM-41). */
  readonly cancelled408As487: boolean;
  /** `;ftag=` in our Record-Route; `isDirection` needs it (section 4.1). */
  readonly appendFromTag: boolean;
  /** Two Record-Route headers when a request leaves by another socket than it came in (RR-4). */
  readonly enableDoubleRr: boolean;
  /** The R-URI's user in our Record-Route. */
  readonly addUsername: boolean;
  /** Warn when the second Route of a pair names no socket of ours. */
  readonly socketMismatchWarning: boolean;
  /** `;rport` in our Via on UDP (T-17). */
  readonly addLocalRport: boolean;
  /** Only the first destination of a name is tried (DN-3). */
  readonly disableDnsFailover: boolean;
  /** A Route of a request from elsewhere does not lead to a loopback address of ours (S-12). */
  readonly blockLoopbackRoutes: boolean;
  /** Option tags of Proxy-Require that are understood. */
  readonly knownExtensions: readonly string[];
  /** ACKs to stateless replies are absorbed this long after the latest of them (SL-4). */
  readonly slAckWindowMs: number;
  /** Error replies that we send of our own accord: most per second to one source address, and in all (S-03). */
  readonly slErrorRate: number;
  readonly slErrorRateTotal: number;
  /** `Server` value of replies built here; empty for none (SV-1). */
  readonly server: string;
  /** Dialog-creating requests that may wait behind an undecided route: of one Call-ID, and in all (C-2). */
  readonly queuePerCallId: number;
  readonly queueTotal: number;
}

/** The defaults. */
export const defaultProxySettings: ProxySettings = Object.freeze({
  maxForwards: 70,
  maxForwardsLimit: 255,
  loopDetect: true,
  maxBreadth: 60,
  aggregateChallenges: true,
  disable503Translation: false,
  nonInvite408: false,
  disable6xxBlock: false,
  cancelled408As487: true,
  appendFromTag: true,
  enableDoubleRr: true,
  addUsername: false,
  socketMismatchWarning: true,
  addLocalRport: true,
  disableDnsFailover: false,
  blockLoopbackRoutes: true,
  knownExtensions: [],
  slAckWindowMs: 4000,
  slErrorRate: 20,
  slErrorRateTotal: 500,
  server: "Dialoom",
  queuePerCallId: 64,
  queueTotal: 20_000,
});

/** Branches over the life of one transaction (TM-26). */
export const MAX_BRANCHES = 12;

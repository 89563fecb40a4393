// Answers challenges in the caller's place (RFC 3261 section 22.3): a copy of the refused request with credentials, and everything that
// follows from its higher CSeq. With a dialog the dialog numbers what comes later; without one our Record-Route says that it is shifted.
import type { DialogTracker } from "../dialog/index.ts";
import type { Hash, Log, SipHash } from "../kit/index.ts";
import { type Direction, type FailureContext, type RequestContext, routeParam, type SipProxy } from "../proxy/index.ts";
import { H, isCleanHeaderText, type SipResponse } from "../sip/index.ts";
import type { Algorithm } from "./algorithm.ts";
import { type Challenge, parseChallenge } from "./challenge.ts";
import { type Credential, credentialFor } from "./credentials.ts";
import { shiftBack, shifted, shiftedRack } from "./cseq-shift.ts";
import { authorisation } from "./digest.ts";

/** What answering needs of the rooms below. */
export interface CallerAuthDeps {
  readonly dialogs: Pick<DialogTracker, "of" | "renumber">;
  readonly proxy: Pick<SipProxy, "rrCallbacks">;
  readonly digest: Hash;
  /** Keyed with the node's secret: our part of the nonces. */
  readonly hash: SipHash;
  readonly log: Log;
}

/** How to answer. */
export interface AuthChoice {
  /** Left out, those that were configured. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Algorithms that are good enough; all of them when left out. */
  readonly algorithms?: readonly Algorithm[] | undefined;
}

/** What is known before anybody asks. */
export interface AuthSettings {
  readonly credentials: readonly Credential[];
  /** A credential for one request alone: it comes before all others of its realm. */
  readonly personal: ((context: RequestContext) => Credential | undefined) | undefined;
}

/**
 * How it went: `ok`, the next relay carries the answer; `notRefused`, no 401 or 407 has come (one made here does not count);
 * `noChallenge`, none that can be answered; `noCredentials`, none for its realm; `tooLate`, a BYE of its call is on its way: under a higher
 * number it would overtake that (RFC 3261 12.2.2).
 */
export type AuthResult = "ok" | "notRefused" | "noChallenge" | "noCredentials" | "tooLate";

/** Parameter of our Record-Route: the caller's numbers are one too low for the callee. */
const SHIFT_PARAM = "aci";
const SHIFT_MARK = `;${SHIFT_PARAM}=`;

/** Answers challenges for the callers of one engine. */
export class CallerAuth {
  readonly #deps: CallerAuthDeps;
  #settings: AuthSettings = { credentials: [], personal: undefined };

  constructor(deps: CallerAuthDeps) {
    this.#deps = deps;
    deps.proxy.rrCallbacks.push((context, params, direction) => this.#routed(context, params, direction));
  }

  /** Changes settings. */
  configure(settings: Partial<AuthSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  /**
   * Prepares the refused request for another try: credentials, CSeq, and the Request-URI that was refused. `relay` then sends it.
   * Whether this is the first try is the caller's business: a wrong password is refused again.
   * @param failure - while its hook runs
   */
  authenticate(failure: FailureContext, choice: AuthChoice = {}): AuthResult {
    const { context, response } = failure;
    const { credentials = this.#settings.credentials, algorithms } = choice;
    if (response === undefined || (response.status !== 401 && response.status !== 407)) return "notRefused";
    if (context.hasToTag && context.request.method !== "BYE" && this.#deps.dialogs.of(context)?.isEnded === true) return "tooLate";
    const personal = choice.credentials === undefined ? this.#settings.personal?.(context) : undefined;
    let isChallenged = false;
    const isProxy = response.status === 407;
    for (const value of response.values(isProxy ? H.ProxyAuthenticate : H.WwwAuthenticate)) {
      // what is given back goes into a header of ours
      const challenge = isCleanHeaderText(value) ? parseChallenge(value) : undefined;
      if (challenge === undefined || algorithms?.includes(challenge.algorithm) === false) continue;
      isChallenged = true;
      const credential = personal?.realm === challenge.realm ? personal : credentialFor(credentials, challenge.realm);
      if (credential === undefined) continue;
      this.#answer(context, challenge, credential, refusedUri(failure, response), isProxy);
      return "ok";
    }
    return isChallenged ? "noCredentials" : "noChallenge";
  }

  /**
   * Lets the next copy of a request go on under a higher CSeq, as `authenticate` does.
   * @param by - 1 or more
   */
  advance(context: RequestContext, by = 1): void {
    const { request, transaction } = context;
    let number = context.hasToTag ? this.#deps.dialogs.renumber(context) : undefined;
    if (number === undefined) {
      number = shifted(request.cseqNumber, by);
      // the dialog learns the number of a new INVITE from its branch
      if (!context.hasToTag && this.#deps.dialogs.of(context) === undefined) context.addRrParam(`;${SHIFT_PARAM}=${by}`);
    }
    context.edit.setCseqNumber(number);
    if (transaction !== undefined) shiftBack(transaction, request.cseqNumber);
  }

  #answer(context: RequestContext, challenge: Challenge, credential: Credential, uri: string, isProxy: boolean): void {
    const { digest, hash } = this.#deps;
    const cnonce = String(hash.hash(challenge.nonce) >>> 0);
    const { edit, request } = context;
    const value = authorisation(digest, challenge, credential, { method: request.method, uri, body: edit.body }, cnonce);
    context.requestUri = uri;
    edit.append(isProxy ? "Proxy-Authorization" : "Authorization", value);
    this.advance(context);
  }

  /** A request within a dialog that nobody tracks: its caller counts from another number than its callee. */
  #routed(context: RequestContext, params: string | undefined, direction: Direction): void {
    if (params?.includes(SHIFT_MARK) !== true || direction === "upstream" || !context.hasToTag) return;
    const by = Number(routeParam(params, SHIFT_PARAM) ?? 0);
    if (!(by >= 1 && by <= 99) || !Number.isInteger(by) || this.#deps.dialogs.of(context) !== undefined) return;
    const { request, edit, transaction } = context;
    edit.setCseqNumber(shifted(request.cseqNumber, by));
    const rack = request.method === "PRACK" ? request.header(H.RAck) : undefined;
    const mended = rack === undefined ? undefined : shiftedRack(rack, by);
    if (mended !== undefined) edit.set(H.RAck, mended);
    if (transaction !== undefined) shiftBack(transaction, request.cseqNumber);
  }
}

/** Where the branch that was refused had gone. */
function refusedUri(failure: FailureContext, response: SipResponse): string {
  for (const branch of failure.branches) if (branch.response === response) return branch.requestUri;
  return failure.context.requestUri;
}

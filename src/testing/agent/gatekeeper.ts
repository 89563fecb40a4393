// A callee that asks who is there (RFC 3261 section 22, RFC 7616): nobody gets in without the right answer to a nonce of its own.
// Written apart from the proxy's own digests, so that a mistake there is not repeated here.
import { createHash } from "node:crypto";
import type { SipRequest } from "../../sip/index.ts";
import type { Checker } from "./checker.ts";

/** What a callee asks for. */
export interface GatePlan {
  readonly status: 401 | 407;
  readonly realm: string;
  readonly user: string;
  readonly password: string;
  readonly algorithm: "MD5" | "SHA-256";
  readonly qop: "" | "auth" | "auth-int";
  /** Asks again for each request within the call, ACK and PRACK aside. */
  readonly asksWithin: boolean;
}

const HASHES = { MD5: "md5", "SHA-256": "sha256" } as const;

/** Asks, and looks at the answers, for one call. */
export class Gatekeeper {
  readonly #plan: GatePlan;
  readonly #checker: Checker;
  readonly #newId: () => string;
  /** Nonces that were given out and not used yet. */
  readonly #nonces = new Set<string>();

  constructor(plan: GatePlan, checker: Checker, newId: () => string) {
    this.#plan = plan;
    this.#checker = checker;
    this.#newId = newId;
  }

  get status(): number {
    return this.#plan.status;
  }

  get asksWithin(): boolean {
    return this.#plan.asksWithin;
  }

  /** The header of a refusal. */
  challenge(): string {
    const { status, realm, algorithm, qop } = this.#plan;
    const nonce = this.#newId();
    this.#nonces.add(nonce);
    const name = status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate";
    return `${name}: Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}${qop === "" ? "" : `, qop="${qop}"`}\r\n`;
  }

  /** Whether a request brings the right answer. One that brings an answer to nothing that was asked breaks a rule. */
  admits(request: SipRequest): boolean {
    const value = request.header(this.#plan.status === 401 ? "Authorization" : "Proxy-Authorization");
    if (value === undefined) return false;
    const given = parametersOf(value);
    const nonce = given.get("nonce") ?? "";
    this.#checker.expect(this.#nonces.delete(nonce), request, "22.3", () => `credentials for the nonce ${nonce}, which is none of ours`);
    this.#checker.expect(
      given.get("uri") === request.requestUri,
      request,
      "22.4",
      () => `credentials for ${given.get("uri")}, sent to ${request.requestUri}`,
    );
    return given.get("response") === this.#response(request, given);
  }

  #response({ method, body }: SipRequest, given: ReadonlyMap<string, string>): string {
    const { user, realm, password, algorithm, qop } = this.#plan;
    const hash = (text: string): string => createHash(HASHES[algorithm]).update(text, "latin1").digest("hex");
    const entity = qop === "auth-int" ? `:${hash(body)}` : "";
    const middle = qop === "" ? "" : `:${given.get("nc")}:${given.get("cnonce")}:${qop}`;
    return hash(`${hash(`${user}:${realm}:${password}`)}:${given.get("nonce")}${middle}:${hash(`${method}:${given.get("uri")}${entity}`)}`);
  }
}

function parametersOf(value: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of value.slice(value.indexOf(" ") + 1).split(", ")) {
    const at = part.indexOf("=");
    const text = part.slice(at + 1);
    found.set(part.slice(0, at), text.startsWith('"') ? text.slice(1, -1) : text);
  }
  return found;
}

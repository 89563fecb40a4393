// One binding of an address of record: where a user can be reached, and everything the registrar was told about it.
import type { EpochMs, Ms } from "../kit/index.ts";
import { parseUri, type SipUri } from "../sip/index.ts";
import type { Listener } from "../transport/index.ts";
import type { AorRecord } from "./record.ts";

/** Whether a store knows of a binding: not yet, as it is, or as it was. Without a store it stays `new`. */
export type StoreState = "new" | "sync" | "dirty";

/** What is known of a binding, apart from its identity. All texts are copies that hold on to nothing. */
export interface BindingParts {
  /** Contact URI without brackets. */
  readonly uri: string;
  /** Monotonic instant of its end; −1 for one that does not end. */
  readonly endsAt: Ms;
  /** Preference in thousandths; −1 when unspecified. */
  readonly q: number;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string;
  /** URI of where it came from; "" when nobody said. */
  readonly received: string;
  /** Path values in order (RFC 3327). */
  readonly path: readonly string[];
  /** Socket it came in on; requests to it leave from there. */
  readonly listener: Listener | undefined;
  /** As the table stores them. */
  readonly flags: number;
  /** Branch flags it gets back when it is looked up. */
  readonly branchFlags: readonly string[];
  /** Bits of `methods.ts`. */
  readonly methods: number;
  /** `+sip.instance` with its brackets; "" for none. */
  readonly instance: string;
  /** The script's own data; "" for none. */
  readonly attr: string;
  readonly modifiedAt: EpochMs;
}

/** A binding. Only its record writes to it. */
export class Binding {
  readonly record: AorRecord;
  /** Number within its record, for the contact id. */
  readonly label: number;
  parts: BindingParts;
  state: StoreState = "new";
  /** The last ping's round trip, in µs; 0 when it was never pinged. */
  latencyUs = 0;
  #parsed: SipUri | undefined = undefined;
  /** Its number in a former life; undefined for one that was bound in this one. */
  readonly #storedId: bigint | undefined;

  /** @internal */
  constructor(record: AorRecord, label: number, parts: BindingParts, storedId: bigint | undefined = undefined) {
    this.record = record;
    this.label = label;
    this.parts = parts;
    this.#storedId = storedId;
  }

  get uri(): string {
    return this.parts.uri;
  }

  /** The Contact URI taken apart; undefined for one of another scheme that reads as none. */
  get parsedUri(): SipUri | undefined {
    if (this.#parsed === undefined) {
      const parsed = parseUri(this.parts.uri);
      if (parsed.ok) this.#parsed = parsed.value;
    }
    return this.#parsed;
  }

  /** @internal */
  update(parts: BindingParts): void {
    if (parts.uri !== this.parts.uri) this.#parsed = undefined;
    this.parts = parts;
    if (this.state === "sync") this.state = "dirty";
  }

  /** 64-bit id: the record's hash and number, and the binding's own number in it; that of its row for one that came from a store. */
  get id(): bigint {
    return this.#storedId ?? this.record.idBase + BigInt(this.label);
  }

  /** Whether it counts: it has not expired. */
  isValid(now: Ms): boolean {
    return this.parts.endsAt < 0 || this.parts.endsAt > now;
  }

  /** Whole seconds left; Infinity when it does not end, 0 when it has. */
  secondsLeft(now: Ms): number {
    const { endsAt } = this.parts;
    return endsAt < 0 ? Number.POSITIVE_INFINITY : Math.max(0, Math.ceil((endsAt - now) / 1000));
  }

  /** URI of the next hop: the first Path, else where it came from; undefined when that is its own URI. */
  get nextHop(): string | undefined {
    const first = this.parts.path[0];
    if (first !== undefined) {
      const open = first.indexOf("<");
      const close = first.indexOf(">", open + 1);
      return open < 0 || close < 0 ? first : first.slice(open + 1, close);
    }
    return this.parts.received === "" ? undefined : this.parts.received;
  }
}

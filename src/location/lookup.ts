// Finding where a user can be reached (side-modules 3.5): the bindings of an address that are valid and wanted, best first.
import type { SipUri } from "../sip/index.ts";
import { aorOf, aorOfText } from "./aor.ts";
import type { Binding } from "./binding.ts";
import { readGruu } from "./gruu.ts";
import { supports } from "./methods.ts";
import type { Registrar } from "./registrar.ts";

/** Which bindings are wanted. */
export interface LookupOptions {
  /** Only those that support this method. */
  readonly method?: string | undefined;
  /** Only those whose User-Agent fits. */
  readonly userAgent?: RegExp | undefined;
  /** Only those that answered their last ping within this time, in µs; those never pinged count as quick. */
  readonly maxLatencyUs?: number | undefined;
  /** Quickest first instead of best first. */
  readonly isSortedByLatency?: boolean | undefined;
  /** No more than this many. */
  readonly limit?: number | undefined;
}

/** What a lookup found. */
export interface LookupResult {
  /** `noMethod`: there are bindings, none of which supports the method; `bad`: no address of record can be made of the URI. */
  readonly outcome: "found" | "none" | "noMethod" | "bad";
  readonly aor: string;
  readonly bindings: readonly Binding[];
}

const NO_BINDINGS: readonly Binding[] = Object.freeze([]);

/** Looks a URI up; one with `gr` means a single instance (RFC 5627 section 5.1). */
export function lookup(registrar: Registrar, table: string, uri: SipUri | string | undefined, options: LookupOptions = {}): LookupResult {
  const { settings } = registrar;
  const parsed = typeof uri === "string" ? undefined : uri;
  const gruu = parsed === undefined ? undefined : readGruu(parsed, settings.gruuSecret);
  const key = typeof uri === "string" ? aorOfText(uri, settings) : aorOf(parsed, settings);
  if (gruu?.aor === undefined && !key.ok) return { outcome: "bad", aor: "", bindings: NO_BINDINGS };
  const aor = gruu?.aor ?? (key.ok ? key.value : "");
  const record = registrar.find(table)?.get(aor);
  if (record === undefined) return { outcome: "none", aor, bindings: NO_BINDINGS };
  const { now } = registrar;
  const found: Binding[] = [];
  let hasOther = false;
  for (const binding of record.bindings) {
    const { parts } = binding;
    if (!binding.isValid(now)) continue;
    if (gruu !== undefined && (parts.instance !== gruu.instance || (gruu.callId !== undefined && gruu.callId !== parts.callId))) continue;
    if (options.userAgent !== undefined && !options.userAgent.test(parts.userAgent)) continue;
    if (options.maxLatencyUs !== undefined && binding.latencyUs > options.maxLatencyUs) continue;
    if (options.method !== undefined && !supports(parts.methods, options.method)) {
      hasOther = true;
      continue;
    }
    found.push(binding);
  }
  if (found.length === 0) return { outcome: hasOther ? "noMethod" : "none", aor, bindings: NO_BINDINGS };
  if (options.isSortedByLatency === true) found.sort((a, b) => a.latencyUs - b.latencyUs);
  return { outcome: "found", aor, bindings: options.limit === undefined ? found : found.slice(0, options.limit) };
}

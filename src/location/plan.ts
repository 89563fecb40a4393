// What a REGISTER would do to the bindings of one address: worked out in full before anything is changed, so that a refused request
// changes nothing (RFC 3261 section 10.3 step 7).
import { bad, good, type Ms, type Parsed } from "../kit/index.ts";
import { uriEquals } from "../sip/index.ts";
import type { Binding } from "./binding.ts";
import type { AorRecord } from "./record.ts";
import { Refusal } from "./refusal.ts";
import type { RegisterRequest, WantedContact } from "./register-request.ts";
import type { ContactMatching, LocationSettings } from "./settings.ts";

/** One thing to do. */
export type PlannedStep =
  | { readonly do: "add"; readonly contact: WantedContact }
  | { readonly do: "update"; readonly contact: WantedContact; readonly binding: Binding }
  | { readonly do: "remove"; readonly binding: Binding }
  /** A retransmission: nothing changes, but the binding is one of this request. */
  | { readonly do: "keep"; readonly binding: Binding };

/** Who asks, and under which conditions. */
export interface PlanRequest {
  readonly register: RegisterRequest;
  readonly callId: string;
  readonly cseq: number;
  /** Monotonic, and of the wall clock. */
  readonly now: Ms;
  readonly wallNow: Ms;
  readonly matching: ContactMatching;
  readonly maxContacts: number;
  readonly isForced: boolean;
}

/** Works out what is to be done. */
export function plan(
  record: AorRecord | undefined,
  request: PlanRequest,
  settings: LocationSettings,
): Parsed<readonly PlannedStep[], Refusal> {
  return request.register.isStar ? planStar(record, request, settings) : planContacts(record, request, settings);
}

/** `Contact: *`: all go, unless one of them knows a newer request of the same Call-ID. */
function planStar(
  record: AorRecord | undefined,
  request: PlanRequest,
  settings: LocationSettings,
): Parsed<readonly PlannedStep[], Refusal> {
  const steps: PlannedStep[] = [];
  for (const binding of record?.bindings ?? []) {
    const order = orderOf(binding, request, settings);
    if (order === "old") return bad(new Refusal(400, "Invalid CSeq number"));
    if (order === "new") steps.push({ do: "remove", binding });
  }
  return good(steps);
}

function planContacts(
  record: AorRecord | undefined,
  request: PlanRequest,
  settings: LocationSettings,
): Parsed<readonly PlannedStep[], Refusal> {
  const steps: PlannedStep[] = [];
  const { callId, now } = request;
  let count = 0;
  for (const binding of record?.bindings ?? []) if (binding.isValid(now)) count++;
  for (const contact of request.register.contacts) {
    const binding = record?.match(contact.parsed, contact.uri, callId, request.matching);
    if (binding === undefined) {
      count += planNew(steps, contact);
      continue;
    }
    const order = orderOf(binding, request, settings);
    if (order === "old") return bad(new Refusal(400, "Invalid CSeq number"));
    // a Contact that stands there twice: the last word counts
    const before = steps.findIndex((step) => "binding" in step && step.binding === binding);
    if (before >= 0) {
      count += isGoing(steps[before]) ? 1 : 0;
      steps.splice(before, 1);
    } else if (!binding.isValid(now)) count++;
    if (order === "same") steps.push({ do: "keep", binding });
    else if (contact.lifetimeMs > 0) steps.push({ do: "update", contact, binding });
    else {
      steps.push({ do: "remove", binding });
      count--;
    }
  }
  return limited(record, steps, count, request, settings);
}

/** A Contact that is not bound yet. @returns by how much the number of bindings changes */
function planNew(steps: PlannedStep[], contact: WantedContact): number {
  const before = steps.findIndex((step) => step.do === "add" && isSameContact(step.contact, contact));
  if (before >= 0) steps.splice(before, 1);
  const gone = before >= 0 ? 1 : 0;
  if (contact.lifetimeMs === 0) return -gone;
  steps.push({ do: "add", contact });
  return 1 - gone;
}

function isSameContact(a: WantedContact, b: WantedContact): boolean {
  return a.uri === b.uri || (a.parsed !== undefined && b.parsed !== undefined && uriEquals(a.parsed, b.parsed));
}

function isGoing(step: PlannedStep | undefined): boolean {
  return step?.do === "remove";
}

/** Applies the limit of bindings: 503, or the oldest make room. */
function limited(
  record: AorRecord | undefined,
  steps: PlannedStep[],
  count: number,
  request: PlanRequest,
  settings: LocationSettings,
): Parsed<readonly PlannedStep[], Refusal> {
  const { maxContacts } = request;
  const most = maxContacts > 0 ? Math.min(maxContacts, settings.maxBindingsPerAor) : settings.maxBindingsPerAor;
  let over = count - most;
  // only what grows is refused: a lowered limit lets those who are in refresh
  if (over <= 0 || !steps.some((step) => step.do === "add")) return good(steps);
  if (!request.isForced) return bad(new Refusal(503, "Too many registered contacts"));
  const touched = new Set(steps.map((step) => ("binding" in step ? step.binding : undefined)));
  const oldest = (record?.bindings ?? [])
    .filter((binding) => binding.isValid(request.now) && !touched.has(binding))
    .sort((a, b) => a.parts.modifiedAt - b.parts.modifiedAt);
  const evicted: PlannedStep[] = [];
  for (const binding of oldest) {
    if (over <= 0) break;
    evicted.push({ do: "remove", binding });
    over--;
  }
  // one request alone brings more than there may be: the first of them stay
  while (over > 0) {
    const last = steps.findLastIndex((step) => step.do === "add");
    if (last < 0) break;
    steps.splice(last, 1);
    over--;
  }
  return good([...evicted, ...steps]);
}

/** Whether a request is newer than what made a binding, the same one again, or older (RFC 3261 section 10.3 steps 6 and 7). */
function orderOf(binding: Binding, request: PlanRequest, settings: LocationSettings): "new" | "same" | "old" {
  const { parts } = binding;
  // one that has expired is not there any more, whatever the second says in which it is taken away
  if (!binding.isValid(request.now)) return "new";
  if (parts.callId !== request.callId || request.cseq > parts.cseq) return "new";
  if (request.cseq < parts.cseq) return "old";
  if (settings.allowDupCseq) return "new";
  return request.wallNow - parts.modifiedAt <= settings.cseqDelayMs ? "same" : "old";
}

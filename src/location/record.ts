// All bindings of one address of record, best first, with one deadline: that of the binding that ends next.
import { WheelEntry, type WheelOwner } from "../kit/index.ts";
import type { SipUri } from "../sip/index.ts";
import { uriEquals } from "../sip/index.ts";
import { Binding, type BindingParts } from "./binding.ts";
import type { ContactMatching } from "./settings.ts";

/** Who keeps records. */
export interface RecordKeeper {
  recordTick(record: AorRecord): void;
}

/** Labels wrap here: the part of a contact id that numbers bindings. */
const LABELS = 1 << 14;

/** One address of record. Made by a table, changed by it alone. */
export class AorRecord implements WheelOwner {
  readonly aor: string;
  /** First part of the ids of its bindings. */
  readonly idBase: bigint;
  /** Best first: by q, or by age with `isNewestFirst`; among equals the newest first. */
  readonly bindings: Binding[] = [];
  /** @internal */ readonly timer: WheelEntry = new WheelEntry(this, 0);
  readonly #keeper: RecordKeeper;
  #label = 0;

  /** @internal */
  constructor(keeper: RecordKeeper, aor: string, idBase: bigint) {
    this.#keeper = keeper;
    this.aor = aor;
    this.idBase = idBase;
  }

  /** @internal */
  add(parts: BindingParts, isNewestFirst: boolean): Binding {
    const binding = new Binding(this, this.#label, parts);
    this.#label = (this.#label + 1) % LABELS;
    this.#place(binding, isNewestFirst);
    return binding;
  }

  /** @internal one from a store takes its place among the others by its age */
  restore(parts: BindingParts, storedId: bigint, isNewestFirst: boolean): Binding {
    const binding = new Binding(this, this.#label, parts, storedId);
    this.#label = (this.#label + 1) % LABELS;
    const { q, modifiedAt } = parts;
    const isBefore = (other: BindingParts): boolean => (!isNewestFirst && other.q !== q ? other.q > q : other.modifiedAt > modifiedAt);
    let at = 0;
    while (at < this.bindings.length && isBefore(this.bindings[at]?.parts ?? parts)) at++;
    this.bindings.splice(at, 0, binding);
    return binding;
  }

  /** @internal a refreshed binding moves only where its q changed, or where age decides */
  update(binding: Binding, parts: BindingParts, isNewestFirst: boolean): void {
    const mayMove = isNewestFirst || parts.q !== binding.parts.q;
    binding.update(parts);
    if (!mayMove) return;
    this.remove(binding);
    this.#place(binding, isNewestFirst);
  }

  /** @internal */
  remove(binding: Binding): void {
    const at = this.bindings.indexOf(binding);
    if (at >= 0) this.bindings.splice(at, 1);
  }

  #place(binding: Binding, isNewestFirst: boolean): void {
    const { q } = binding.parts;
    let at = 0;
    if (!isNewestFirst) while (at < this.bindings.length && (this.bindings[at]?.parts.q ?? 0) > q) at++;
    this.bindings.splice(at, 0, binding);
  }

  /** The binding that a Contact means; undefined when there is none. */
  match(uri: SipUri | undefined, text: string, callId: string, matching: ContactMatching): Binding | undefined {
    const { bindings } = this;
    for (let i = 0; i < bindings.length; i++) {
      const binding = bindings[i];
      if (binding !== undefined && isSame(binding, uri, text, callId, matching)) return binding;
    }
    return undefined;
  }

  /** When the next one ends; −1 when none does. */
  get nextEnd(): number {
    let next = -1;
    for (const { parts } of this.bindings) if (parts.endsAt >= 0 && (next < 0 || parts.endsAt < next)) next = parts.endsAt;
    return next;
  }

  /** @internal the wheel's word */
  onTick(): void {
    this.#keeper.recordTick(this);
  }
}

function isSame(binding: Binding, uri: SipUri | undefined, text: string, callId: string, matching: ContactMatching): boolean {
  if (typeof matching === "object") {
    const wanted = uri?.param(matching.param);
    return wanted !== undefined && binding.parsedUri?.param(matching.param) === wanted;
  }
  if (matching === "uriAndCallId" && binding.parts.callId !== callId) return false;
  if (binding.parts.uri === text) return true;
  const stored = binding.parsedUri;
  return stored !== undefined && uri !== undefined && uriEquals(stored, uri);
}

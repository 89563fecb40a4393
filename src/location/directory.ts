// The tables as management commands see them: plain data, keys as operators write them (side-modules 3.8).
import { keep } from "../kit/index.ts";
import { parseUri } from "../sip/index.ts";
import { aorOfOperator } from "./aor.ts";
import type { Binding } from "./binding.ts";
import { qText, qValue } from "./numbers.ts";
import type { AorRecord } from "./record.ts";
import type { Registrar } from "./registrar.ts";
import type { LocationTable } from "./table.ts";

/** One binding for people. Texts are "" where nothing is known. */
export interface ContactView {
  readonly uri: string;
  readonly id: bigint;
  /** Seconds left; Infinity for permanent, 0 for expired. */
  readonly secondsLeft: number;
  readonly q: string;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string;
  readonly received: string;
  readonly path: string;
  readonly state: "new" | "sync" | "dirty";
  readonly flags: number;
  readonly branchFlags: string;
  readonly socket: string;
  readonly methods: number;
  readonly attr: string;
  readonly instance: string;
  readonly latencyUs: number;
}

/** One address with its bindings. */
export interface AorView {
  readonly aor: string;
  contacts(): readonly ContactView[];
}

/** What `ul_add` says. */
export interface NewContact {
  readonly uri: string;
  /** 0 for a permanent one. */
  readonly expiresS: number;
  readonly q: string;
  readonly flags: number;
  /** Names with spaces or commas between them. */
  readonly branchFlags: string;
  readonly methods: number;
}

/** The tables of a registrar for management. */
export class LocationDirectory {
  readonly #registrar: Registrar;

  constructor(registrar: Registrar) {
    this.#registrar = registrar;
  }

  /** Every table in the order they were first named. */
  *tables(): Generator<{ readonly name: string; readonly hashSize: number; aors(): Iterable<AorView> }, void, undefined> {
    for (const table of this.#registrar.tables()) {
      yield { name: table.name, hashSize: table.hashSize, aors: () => this.#aors(table) };
    }
  }

  hasTable(name: string): boolean {
    return this.#registrar.find(name) !== undefined;
  }

  /** The key of an address as it was written; undefined when its domain is missing. */
  key(aor: string): string | undefined {
    return aorOfOperator(aor, this.#registrar.settings);
  }

  find(table: string, key: string): AorView | undefined {
    const record = this.#registrar.find(table)?.get(key);
    return record === undefined ? undefined : this.#view(record);
  }

  /** Takes an address away; one that is not there is gone already. */
  remove(table: string, key: string): void {
    this.#registrar.find(table)?.removeAor(key);
  }

  /** @returns false when there is no such binding */
  removeContact(table: string, key: string, contact: string): boolean {
    const store = this.#registrar.find(table);
    const binding = store === undefined ? undefined : this.#binding(store, key, contact);
    if (store === undefined || binding === undefined) return false;
    store.remove(binding);
    return true;
  }

  /** Adds a binding, or gives the one that is there new values. @returns false for values that cannot be */
  add(table: string, key: string, contact: NewContact): boolean {
    const registrar = this.#registrar;
    const { settings, now } = registrar;
    const q = contact.q === "" ? -1 : qValue(contact.q);
    const isNumber = contact.expiresS >= 0 && contact.flags >= 0 && contact.methods >= 0;
    if (!isNumber || (contact.q !== "" && contact.q !== "-1" && q < 0)) return false;
    if (!parseUri(contact.uri).ok || contact.uri.length > settings.maxContactLength || key.length > settings.maxAorLength) return false;
    const store = registrar.table(table);
    const before = this.#binding(store, key, contact.uri);
    const parts = {
      uri: keep(contact.uri),
      endsAt: contact.expiresS === 0 ? -1 : now + contact.expiresS * 1000,
      q,
      callId: before?.parts.callId ?? "mi-contact",
      cseq: (before?.parts.cseq ?? 0) + 1,
      userAgent: "mi",
      received: before?.parts.received ?? "",
      path: before?.parts.path ?? [],
      listener: before?.parts.listener,
      flags: contact.flags,
      branchFlags: contact.branchFlags.split(/[ ,]+/).filter((name) => name !== "" && name !== "0"),
      methods: contact.methods >>> 0,
      instance: before?.parts.instance ?? "",
      attr: before?.parts.attr ?? "",
      modifiedAt: registrar.wallNow,
    };
    if (before !== undefined) store.update(before, parts);
    else if (store.hasRoomFor(1)) store.add(key, parts);
    else return false;
    return true;
  }

  #binding(store: LocationTable, key: string, contact: string): Binding | undefined {
    const uri = parseUri(contact);
    return store.get(key)?.match(uri.ok ? uri.value : undefined, contact, "", "uri");
  }

  *#aors(table: LocationTable): Generator<AorView, void, undefined> {
    for (const record of table.records()) yield this.#view(record);
  }

  #view(record: AorRecord): AorView {
    return { aor: record.aor, contacts: () => record.bindings.map((binding) => this.#contact(binding)) };
  }

  #contact(binding: Binding): ContactView {
    const { parts } = binding;
    return {
      uri: parts.uri,
      id: binding.id,
      secondsLeft: binding.secondsLeft(this.#registrar.now),
      q: qText(parts.q),
      callId: parts.callId,
      cseq: parts.cseq,
      userAgent: parts.userAgent,
      received: parts.received,
      path: parts.path.join(","),
      state: binding.state,
      flags: parts.flags,
      branchFlags: parts.branchFlags.join(" "),
      socket: parts.listener?.name ?? "",
      methods: parts.methods,
      attr: parts.attr,
      instance: parts.instance,
      latencyUs: binding.latencyUs,
    };
  }
}

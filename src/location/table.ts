// The location table: addresses of record with their bindings, in memory, bounded, each binding removed in the second in which it ends.
import { type Counter, type Feed, keep, ShardedMap } from "../kit/index.ts";
import { splitList } from "../sip/index.ts";
import type { Binding, BindingParts } from "./binding.ts";
import type { LocationChange, LocationDeps, LocationRow } from "./ports.ts";
import { AorRecord, type RecordKeeper } from "./record.ts";
import type { LocationSettings } from "./settings.ts";

/** One table, usually `location`. */
export class LocationTable implements RecordKeeper {
  readonly name: string;
  settings: LocationSettings;
  /** Every change, in order. */
  readonly feed: Feed<LocationChange>;
  readonly #deps: LocationDeps;
  readonly #records = new ShardedMap<string, AorRecord>();
  readonly #expired: Counter;
  readonly #refused: Counter;
  #bindings = 0;
  #serial: number;

  constructor(name: string, settings: LocationSettings, deps: LocationDeps, feed: Feed<LocationChange>) {
    this.name = name;
    this.settings = settings;
    this.feed = feed;
    this.#deps = deps;
    // ids of rows from a former life must not come again
    this.#serial = deps.hash.hash(`serial of ${name} from ${deps.clock.now()}`) >>> 0;
    const { statistics } = deps;
    statistics.gauge("usrloc", `${name}-users`, () => this.#records.size);
    statistics.gauge("usrloc", `${name}-contacts`, () => this.#bindings);
    this.#expired = statistics.counter("usrloc", `${name}-expires`);
    this.#refused = statistics.counter("usrloc", `${name}-refused`);
  }

  /** Addresses with at least one binding. */
  get size(): number {
    return this.#records.size;
  }

  /** Bindings of all addresses. */
  get bindingCount(): number {
    return this.#bindings;
  }

  /** What `ul_dump` shows as the size of the table. */
  get hashSize(): number {
    return this.settings.hashSize;
  }

  get(aor: string): AorRecord | undefined {
    return this.#records.get(aor);
  }

  /** Every address, in no particular order; the walk may be interrupted. */
  records(): IterableIterator<AorRecord> {
    return this.#records.values();
  }

  /** Whether so many more bindings have room; a "no" is counted. */
  hasRoomFor(count: number): boolean {
    if (this.#bindings + count <= this.settings.maxBindings) return true;
    this.#refused.add();
    return false;
  }

  /** Adds a binding under an address, which is made when it is new. The caller has asked `hasRoomFor`. */
  add(aor: string, parts: BindingParts, isMemoryOnly = false): Binding {
    let record = this.#records.get(aor);
    if (record === undefined) {
      record = this.#makeRecord(aor);
      this.#publish("aorAdded", record, undefined, isMemoryOnly);
    }
    const binding = record.add(parts, this.settings.isNewestFirst);
    this.#bindings++;
    this.#arm(record);
    this.#publish("added", record, binding, isMemoryOnly);
    return binding;
  }

  /** Gives a binding other parts. */
  update(binding: Binding, parts: BindingParts, isMemoryOnly = false): void {
    binding.record.update(binding, parts, this.settings.isNewestFirst);
    this.#arm(binding.record);
    this.#publish("updated", binding.record, binding, isMemoryOnly);
  }

  /** Takes a binding away, and its address with the last one. */
  remove(binding: Binding, kind: "removed" | "expired" = "removed", isMemoryOnly = false): void {
    const { record } = binding;
    if (!record.bindings.includes(binding)) return;
    record.remove(binding);
    this.#bindings--;
    this.#publish(kind, record, binding, isMemoryOnly);
    if (record.bindings.length > 0) {
      this.#arm(record);
      return;
    }
    this.#deps.wheel.disarm(record.timer);
    this.#records.delete(record.aor);
    this.#publish("aorRemoved", record, undefined, isMemoryOnly);
  }

  /** Takes every binding of an address away. @returns whether there was one */
  removeAor(aor: string): boolean {
    const record = this.#records.get(aor);
    if (record === undefined) return false;
    for (const binding of [...record.bindings]) this.remove(binding);
    return true;
  }

  /** Takes everything away that has expired; for walks that must not see the remains of the current second. */
  purge(aor: string): void {
    const record = this.#records.get(aor);
    if (record !== undefined) this.recordTick(record);
  }

  /**
   * Puts a stored row back. Nobody is told: it has been there all the time.
   * @returns undefined for a row that has expired or finds no room
   */
  restore(row: LocationRow): Binding | undefined {
    const { clock } = this.#deps;
    const leftMs = row.expiresAt - clock.now();
    if ((row.expiresAt > 0 && leftMs <= 0) || !this.hasRoomFor(1)) return undefined;
    let record = this.#records.get(row.aor);
    record ??= this.#makeRecord(row.aor);
    const binding = record.restore(
      {
        uri: row.uri,
        endsAt: row.expiresAt === 0 ? -1 : clock.monotonic() + leftMs,
        q: row.q,
        callId: row.callId,
        cseq: row.cseq,
        userAgent: row.userAgent,
        received: row.received,
        path: splitList(row.path),
        listener: row.socket === "" ? undefined : this.#deps.listenerNamed(row.socket),
        flags: row.flags,
        branchFlags: row.branchFlags === "" ? [] : row.branchFlags.split(" "),
        methods: row.methods,
        instance: row.instance,
        attr: row.attr,
        modifiedAt: row.modifiedAt,
      },
      row.contactId,
      this.settings.isNewestFirst,
    );
    this.#bindings++;
    this.#arm(record);
    binding.state = "sync";
    return binding;
  }

  /** The row of a binding. */
  row(binding: Binding): LocationRow {
    const { parts } = binding;
    const { clock } = this.#deps;
    return {
      contactId: binding.id,
      aor: binding.record.aor,
      uri: parts.uri,
      expiresAt: parts.endsAt < 0 ? 0 : Math.round(clock.now() + parts.endsAt - clock.monotonic()),
      q: parts.q,
      callId: parts.callId,
      cseq: parts.cseq,
      userAgent: parts.userAgent,
      received: parts.received,
      path: parts.path.join(","),
      socket: parts.listener?.name ?? "",
      flags: parts.flags,
      branchFlags: parts.branchFlags.join(" "),
      methods: parts.methods,
      instance: parts.instance,
      attr: parts.attr,
      modifiedAt: parts.modifiedAt,
    };
  }

  /** @internal one binding at least has come to its end */
  recordTick(record: AorRecord): void {
    const now = this.#deps.clock.monotonic();
    for (const binding of record.bindings.filter((one) => !one.isValid(now))) {
      this.#expired.add();
      this.remove(binding, "expired");
    }
    if (record.bindings.length > 0) this.#arm(record);
  }

  /** Stops every deadline; bindings stay as they are. For the end of the engine. */
  close(): void {
    for (const record of this.#records.values()) this.#deps.wheel.disarm(record.timer);
  }

  #makeRecord(aor: string): AorRecord {
    const key = keep(aor);
    this.#serial = (this.#serial + 1) % 0x1_0000_0000;
    // 16 bits of the address, 32 of a counter, 14 of the binding, two to spare: ids stay positive in signed columns
    const base = (BigInt(this.#deps.hash.hash(key) & 0xffff) << 46n) | (BigInt(this.#serial) << 14n);
    const record = new AorRecord(this, key, base);
    this.#records.set(key, record);
    return record;
  }

  #arm(record: AorRecord): void {
    const next = record.nextEnd;
    if (next < 0) this.#deps.wheel.disarm(record.timer);
    else this.#deps.wheel.arm(record.timer, next - this.#deps.clock.monotonic());
  }

  #publish(kind: LocationChange["kind"], record: AorRecord, binding: Binding | undefined, isMemoryOnly: boolean): void {
    this.feed.publish({ kind, table: this.name, aor: record.aor, binding, isMemoryOnly });
  }
}

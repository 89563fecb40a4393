// Where records of scripts go: lines of the log, and events.
import { type CallRecord, durationSeconds, logText, type RecordFields, type RecordSink, RecordType } from "../../../accounting/index.ts";
import type { EventParameters, EventPort, ScriptLog } from "../../ports.ts";

/** Writes lines at a level, whole and with their line end. */
export class LogSink implements RecordSink {
  readonly type: number = RecordType.log;
  readonly #log: ScriptLog;
  readonly #level: number;
  readonly #extras: RecordFields;
  readonly #legs: RecordFields;

  constructor(log: ScriptLog, level: number, extras: RecordFields, legs: RecordFields) {
    this.#log = log;
    this.#level = level;
    this.#extras = extras;
    this.#legs = legs;
  }

  write(record: CallRecord): void {
    this.#log.printCore(this.#level, logText(record, this.#extras.of(RecordType.log), this.#legs.of(RecordType.log)));
  }
}

const EVENT = "E_ACC_EVENT";
const MISSED = "E_ACC_MISSED_EVENT";
const CDR = "E_ACC_CDR";

/** Names of the events. */
export const ACC_EVENTS: readonly string[] = [EVENT, MISSED, CDR];

/** Raises an event for each record (side-modules 2.7). */
export class EventSink implements RecordSink {
  readonly type: number = RecordType.evi;
  readonly #events: EventPort;
  readonly #extras: RecordFields;
  readonly #legs: RecordFields;

  constructor(events: EventPort, extras: RecordFields, legs: RecordFields) {
    this.#events = events;
    this.#extras = extras;
    this.#legs = legs;
    for (const name of ACC_EVENTS) events.define(name);
  }

  write(record: CallRecord): void {
    const name = record.kind === "cdr" ? CDR : record.kind === "missed" ? MISSED : EVENT;
    this.#events.raise(name, this.#parameters(record));
  }

  #parameters(record: CallRecord): EventParameters {
    const found: [string, string | number][] = [
      ["method", record.method],
      ["from_tag", record.fromTag],
      ["to_tag", record.toTag],
      ["callid", record.callId],
      ["sip_code", record.code],
      ["sip_reason", record.reason],
      ["time", Math.floor(record.at / 1000)],
    ];
    for (const { tag, name } of this.#extras.of(RecordType.evi)) found.push([name, record.extras.get(tag) ?? ""]);
    for (const leg of record.legs) for (const { tag, name } of this.#legs.of(RecordType.evi)) found.push([name, leg.get(tag) ?? ""]);
    const created = Math.floor(record.createdAt / 1000);
    if (record.kind === "cdr") {
      found.push(["duration", durationSeconds(record.durationMs)], ["ms_duration", record.durationMs]);
    }
    if (record.kind === "cdr" || record.kind === "missed") found.push(["setuptime", record.setupSeconds], ["created", created]);
    return found;
  }
}

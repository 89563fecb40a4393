export { Account, type RecordCore } from "./account.ts";
export { Accounting } from "./accounting.ts";
export { type RecordField, RecordFields } from "./fields.ts";
export { logText } from "./log-text.ts";
export type { AccountingDeps, RecordSink } from "./ports.ts";
export { type CallRecord, durationSeconds, type RecordKind, readComment } from "./record.ts";
export { type AccountingSettings, defaultAccountingSettings } from "./settings.ts";
export { type AccountFlags, ALL_FLAGS, ALL_TYPES, NO_FLAGS, parseFlags, parseTypes, RecordType, type RecordTypes } from "./types.ts";
export { RecordValues } from "./values.ts";

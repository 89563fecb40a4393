// The text of log lines (side-modules 2.3). A value never breaks its line, whoever set it.

import type { RecordField } from "./fields.ts";
import { type CallRecord, durationSeconds, type RecordKind } from "./record.ts";

const HEADINGS: Readonly<Record<RecordKind, string>> = {
  answered: "ACC: transaction answered: ",
  missed: "ACC: call missed: ",
  noted: "ACC: request accounted: ",
  cdr: "ACC: call ended: ",
};

/** Longest line; what is beyond is cut off. */
const MAX_LENGTH = 65_536;

/**
 * One line with its line end.
 * @param extraFields - in the order they are written; unset ones are written empty
 */
export function logText(record: CallRecord, extraFields: readonly RecordField[], legFields: readonly RecordField[]): string {
  let out = HEADINGS[record.kind] + times(record);
  out += `method=${line(record.method)};from_tag=${line(record.fromTag)};to_tag=${line(record.toTag)};call_id=${line(record.callId)}`;
  out += `;code=${line(record.code)};reason=${line(record.reason)}`;
  if (record.hasAccount) {
    for (const field of extraFields) out += `;${field.name}=${line(record.extras.get(field.tag) ?? "")}`;
    for (const leg of record.legs) for (const field of legFields) out += `;${field.name}=${line(leg.get(field.tag) ?? "")}`;
  }
  return `${out.length < MAX_LENGTH ? out : out.slice(0, MAX_LENGTH - 1)}\n`;
}

function times({ kind, at, createdAt, setupSeconds, durationMs, hasAccount }: CallRecord): string {
  const created = Math.floor(createdAt / 1000);
  const start = Math.floor(at / 1000);
  if (kind === "cdr") {
    const duration = durationSeconds(durationMs);
    return `created=${created};call_start_time=${start};duration=${duration};ms_duration=${durationMs};setuptime=${setupSeconds};`;
  }
  return hasAccount ? `timestamp=${start};created=${created};setuptime=${setupSeconds};` : `timestamp=${start};`;
}

/** Controls become spaces. */
function line(text: string): string {
  let out = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code !== 127) continue;
    out += `${text.slice(from, i)} `;
    from = i + 1;
  }
  return from === 0 ? text : out + text.slice(from);
}

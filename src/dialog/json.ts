// A dialog as scripts see it in `$DLG_json` and `$DLG_ctx_json` (dialog-behaviour 9.3): every scalar is text, the order of members is
// part of the contract. Valid JSON whatever the messages held; bytes from 0x80 on stand as they came.
import type { EpochMs } from "../kit/index.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";

/**
 * Writes a dialog compactly.
 * @param isContextShown - adds variables and profiles, each only if there are any
 * @returns latin1, one character for each byte
 */
export function dialogText(dialog: Dialog, isContextShown: boolean): string {
  let out =
    `{"ID":"${dialog.dbId}","state":"${dialog.status}","user_flags":"${dialog.flags}","callid":${quoted(dialog.callId)},` +
    `"timestart":"${seconds(dialog.startAt)}","timeout":"${Math.ceil(dialog.expiresAt / 1000)}",` +
    `"from_uri":${quoted(dialog.fromUri)},"to_uri":${quoted(dialog.toUri)},"caller":${legText(dialog.callerLeg)},"callees":[`;
  const legs = dialog.calleeLegs;
  for (let i = 0; i < legs.length; i++) {
    const leg = legs[i];
    if (leg !== undefined) out += `${i > 0 ? "," : ""}${legText(leg)}`;
  }
  out += "]";
  if (isContextShown) out += contextText(dialog);
  return `${out}}`;
}

function legText(leg: Leg): string {
  return (
    `{"tag":${quoted(leg.tag)},"contact":${quoted(leg.remoteTarget)},"cseq":"${leg.cseq}",` +
    `"route_set":${quoted(leg.routeSetText)},"bind_addr":${quoted(leg.listener?.name ?? "")},"sdp":${quoted(leg.sentSdp)}}`
  );
}

function contextText(dialog: Dialog): string {
  let out = "";
  for (let at = dialog.firstValue; at !== undefined; at = at.older) {
    if (isPlain(at.value)) out += `${out === "" ? "" : ","}${quoted(at.name)}:${quoted(at.value)}`;
  }
  if (out !== "") out = `,"values":{${out}}`;
  const profiles = profilesText(dialog);
  return profiles === "" ? out : `${out},"profiles":{${profiles}}`;
}

/** Links of one profile together, where the first of them stands. */
function profilesText(dialog: Dialog): string {
  const byName = new Map<string, string>();
  for (let link = dialog.firstLink; link !== undefined; link = link.older) {
    const { name } = link.profile;
    const before = byName.get(name);
    byName.set(name, before === undefined ? quoted(link.value) : `${before},${quoted(link.value)}`);
  }
  let out = "";
  for (const [name, values] of byName) out += `${out === "" ? "" : ","}${quoted(name)}:[${values}]`;
  return out;
}

/** Values with bytes that cannot be seen are left out. */
function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 0x20 || code >= 0x7f) return false;
  }
  return true;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function seconds(at: EpochMs): number {
  return Math.trunc(at / 1000);
}

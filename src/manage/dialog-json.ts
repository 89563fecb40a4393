// A dialog as the management interface shows it (dialog-behaviour 10.3): the order and the names are part of the contract.
import type { Dialog, Leg } from "../dialog/index.ts";
import type { EpochMs } from "../kit/index.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { escaped, shown } from "./text.ts";
import { dateTime } from "./time.ts";

/** Adds to a call's context what others know of it. */
export type Describe = (dialog: Dialog, context: Record<string, unknown>) => void;

/**
 * @param isContextShown - adds values and profiles (`dlg_list_ctx`)
 * @param describe - may add to that
 */
export function dialogJson(dialog: Dialog, isContextShown: boolean, describe?: Describe): JsonObject {
  const { callerLeg: caller, startAt, expiresAt } = dialog;
  const json: Record<string, JsonValue> = {
    ID: dialog.did,
    db_id: String(dialog.dbId),
    state: dialog.status,
    user_flags: dialog.flags,
    timestart: Math.trunc(startAt / 1000),
  };
  if (startAt > 0) json["datestart"] = dateTime(startAt);
  json["timeout"] = secondsUp(expiresAt);
  if (expiresAt > 0) json["dateout"] = dateTime(secondsUp(expiresAt) * 1000);
  json["callid"] = shown(dialog.callId);
  json["from_uri"] = shown(dialog.fromUri);
  json["to_uri"] = shown(dialog.toUri);
  json["caller_tag"] = shown(caller.tag);
  json["caller_contact"] = shown(caller.remoteTarget);
  // the names of the two cseq members are crossed in the reference, and tools rely on it
  json["callee_cseq"] = String(caller.cseq);
  json["caller_route_set"] = shown(caller.routeSetText);
  json["caller_bind_addr"] = caller.listener?.name ?? "";
  if (caller.receivedSdp !== "") json["caller_sdp"] = shown(caller.receivedSdp);
  if (caller.sentSdp !== "") json["caller_sent_sdp"] = shown(caller.sentSdp);
  json["CALLEES"] = dialog.calleeLegs.map(calleeJson);
  if (isContextShown) json["context"] = contextJson(dialog, describe);
  return json;
}

function calleeJson(leg: Leg): JsonObject {
  const json: Record<string, JsonValue> = {
    callee_tag: shown(leg.tag),
    callee_contact: shown(leg.remoteTarget),
    caller_cseq: String(leg.cseq),
    callee_route_set: shown(leg.routeSetText),
    callee_bind_addr: leg.listener?.name ?? null,
  };
  if (leg.receivedSdp !== "") json["callee_sdp"] = shown(leg.receivedSdp);
  if (leg.sentSdp !== "") json["callee_sent_sdp"] = shown(leg.sentSdp);
  return json;
}

/** Values and profiles, newest first; either member is there only if it has something. What others add follows. */
function contextJson(dialog: Dialog, describe: Describe | undefined): JsonObject {
  const json: Record<string, JsonValue> = {};
  const values = dialog.values.map(({ name, value }) => ({ [escaped(name)]: escaped(value) }));
  const profiles = dialog.links.map(({ profile, value }) => ({ [profile.name]: escaped(value) }));
  if (values.length > 0) json["values"] = values;
  if (profiles.length > 0) json["profiles"] = profiles;
  if (describe !== undefined) addOthers(json, dialog, describe);
  return json;
}

/** Members of others cannot take the place of ours, and what is no JSON is left out. */
function addOthers(json: Record<string, JsonValue>, dialog: Dialog, describe: Describe): void {
  const others: Record<string, unknown> = {};
  describe(dialog, others);
  for (const [name, value] of Object.entries(others)) {
    const written = asJson(value);
    if (written !== undefined && !(name in json)) json[name] = written;
  }
}

/** A copy of plain data; undefined for functions, circles and the like. */
function asJson(value: unknown): JsonValue | undefined {
  try {
    const text = JSON.stringify(value);
    if (text === undefined) return undefined;
    const copy: JsonValue = JSON.parse(text);
    return copy;
  } catch {
    return undefined;
  }
}

/** A call that still lasts a fraction of a second is not over yet. */
function secondsUp(at: EpochMs): number {
  return Math.ceil(at / 1000);
}

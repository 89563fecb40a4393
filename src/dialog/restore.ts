// A call comes from outside this process: from a store after a restart, or from another node. It stands in the table as if it had always
// been here: numbers, timers, memberships, pings. What was under way when it was written is taken up where that can be done.
import { type Ms, WheelEntry, type WheelOwner } from "../kit/index.ts";
import type { Listener } from "../transport/index.ts";
import type { DialogCore } from "./core.ts";
import { Dialog, type DialogValue } from "./dialog.ts";
import { oneByteEach } from "./history.ts";
import { Leg, NO_ROUTES } from "./leg.ts";
import { restoredLifecycle } from "./machine.ts";
import { sendByes } from "./own-requests.ts";
import { startPings } from "./pings.ts";
import type { CountSnapshot, DialogSnapshot, LegSnapshot } from "./snapshot.ts";

/** What came of bringing a call back. `known`: it is here already, as `dialog`. */
export type RestoreResult =
  | { readonly ok: true; readonly dialog: Dialog }
  | { readonly ok: false; readonly reason: string; readonly known?: Dialog };

/** How long copies of a request that ended a call may come (64·T1). */
const ECHO_MS: Ms = 32_000;

/**
 * Makes the dialog of a snapshot. Only answered calls come back: those that rang have lost their INVITE. One that had just ended comes back
 * as such, for as long as copies of its BYE may come, which only it can send on.
 * @returns a reason in words when it cannot be; nothing has changed then
 */
export function restoreDialog(core: DialogCore, snapshot: DialogSnapshot): RestoreResult {
  const { entry, id, callId, state, winner, legs } = snapshot;
  const { table, settings } = core;
  if (state === "unconfirmed" || state === "early") return { ok: false, reason: `it is in state ${state}, not answered` };
  const [callerParts] = legs;
  if (callerParts === undefined || winner < 1 || winner >= legs.length) return { ok: false, reason: "it has no two parties" };
  if (callId === "" || callerParts.tag === "") return { ok: false, reason: "it has no Call-ID, or no tag of the caller" };
  if (table.entryOf(callId) !== entry)
    return { ok: false, reason: `its Call-ID belongs to bucket ${table.entryOf(callId)}, not ${entry}: hash_size has changed` };
  const known = table.byNumbers(entry, id);
  if (known !== undefined) {
    const isSame = known.callId === callId && known.fromTag === callerParts.tag;
    return isSame
      ? { ok: false, reason: "it is here already", known }
      : { ok: false, reason: `the cookie ${known.did} is that of another call` };
  }
  if (table.count >= settings.maxDialogs || !table.hasRoomFor(callId)) return { ok: false, reason: "there are too many dialogs" };
  const missing = legs.find((leg) => leg.socket !== "" && listenerOf(core, leg.socket) === undefined);
  if (missing !== undefined) return { ok: false, reason: `it came in on ${missing.socket}, where nothing listens` };
  return { ok: true, dialog: make(core, snapshot, callerParts) };
}

function make(core: DialogCore, snapshot: DialogSnapshot, callerParts: LegSnapshot): Dialog {
  const { entry, id, callId, fromUri, toUri, createdAt, lifetimeMs } = snapshot;
  const { clock } = core.deps;
  const dialog = new Dialog(
    core,
    entry,
    id,
    callId,
    fromUri,
    toUri,
    legOf(core, callerParts),
    restoredLifecycle(snapshot),
    createdAt,
    lifetimeMs,
  );
  for (let i = 1; i < snapshot.legs.length; i++) {
    const parts = snapshot.legs[i];
    if (parts !== undefined) dialog.calleeLegs.push(legOf(core, parts));
  }
  const now = clock.monotonic();
  const wallOffset = clock.now() - now;
  dialog.startAt = snapshot.startAt;
  dialog.answeredAt = snapshot.startAt - wallOffset;
  dialog.flags = snapshot.flags >>> 0;
  dialog.moduleFlags = snapshot.moduleFlags;
  dialog.sharingTag = snapshot.sharingTag;
  dialog.initialCseq = snapshot.initialCseq;
  dialog.countsFor = snapshot.countsFor;
  dialog.agreements = snapshot.agreements;
  dialog.byeHeaders = snapshot.byeHeaders;
  const { answer, timeout, hangup } = snapshot.routes;
  if (answer !== "" || timeout !== "" || hangup !== "") dialog.routes = { answer, timeout, hangup };
  core.table.add(dialog);
  core.mint.othersMayHold = true;
  if (dialog.isEnded) {
    core.history.note(dialog, "loaded", "over");
    core.publish("loaded", dialog);
    new Echo(core, dialog).start();
    return dialog;
  }
  takeValues(core, dialog, snapshot);
  takeLinks(core, dialog, snapshot);
  takeTime(core, dialog, snapshot, now, wallOffset);
  core.history.note(dialog, "loaded", `${Math.round((dialog.endsAt - now) / 1000)} s left`);
  core.publish("loaded", dialog);
  core.listeners.loaded(dialog);
  return dialog;
}

/** The rest of a call that ended just before the process did. */
class Echo implements WheelOwner {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #entry: WheelEntry = new WheelEntry(this, 0);
  #mustSay: boolean;

  constructor(core: DialogCore, dialog: Dialog) {
    this.#core = core;
    this.#dialog = dialog;
    // who has not got our BYE is told again; who has says 481
    this.#mustSay = dialog.life.isEnding;
    dialog.uses++;
  }

  start(): void {
    this.#core.deps.wheel.arm(this.#entry, this.#mustSay ? 0 : ECHO_MS);
  }

  onTick(): void {
    if (!this.#mustSay) {
      this.#core.release(this.#dialog);
      return;
    }
    this.#mustSay = false;
    sendByes(this.#core, this.#dialog);
    this.start();
  }
}

function takeTime(core: DialogCore, dialog: Dialog, snapshot: DialogSnapshot, now: Ms, wallOffset: Ms): void {
  const { expiresAt, ackBy, state, byesWait } = snapshot;
  const instant = (at: number): Ms => (at === 0 ? -1 : Math.max(now, at - wallOffset));
  // an end that was under way has lost its BYEs with the process: they are sent anew. Who has got one already says 481, and it is over
  const isCutOff = dialog.life.isEnding && !byesWait;
  dialog.endsAt = expiresAt === 0 && !dialog.life.isEnding ? now + dialog.lifetimeMs : instant(expiresAt);
  dialog.byesWait = byesWait || isCutOff;
  dialog.ackBy = isCutOff ? now : instant(ackBy);
  core.resume(dialog);
  // a thousand calls that come back at once are not pinged at once
  if (state === "confirmed") startPings(core, dialog, core.deps.random.uint32() / 2 ** 32);
}

function takeValues(core: DialogCore, dialog: Dialog, { values }: DialogSnapshot): void {
  let older: DialogValue | undefined;
  for (let i = values.length - 1; i >= 0; i--) {
    const one = values[i];
    if (one === undefined) continue;
    older = { name: one.name, value: one.value, isInteger: one.isInteger, older };
    core.values.add(older.name, older.value, dialog);
    dialog.valueCount++;
  }
  dialog.firstValue = older;
}

/** Limits do not count: the call is there. */
function takeLinks(core: DialogCore, dialog: Dialog, { links }: DialogSnapshot): void {
  for (let i = links.length - 1; i >= 0; i--) {
    const one = links[i];
    if (one === undefined) continue;
    const profile = core.deps.profiles.obtain(one.profile, one.value !== "");
    if (profile !== undefined) profile.link(dialog, one.value, one.tag);
    else
      core.deps.log.warn({ did: dialog.did, profile: oneByteEach(one.profile) }, "a call comes back without a membership: no such profile");
  }
}

function legOf(core: DialogCore, parts: LegSnapshot): Leg {
  const leg = new Leg(parts.branch, parts.cseq);
  takeNumbers(leg, parts);
  leg.tag = parts.tag;
  leg.inviteCseq = parts.inviteCseq;
  leg.remoteTarget = parts.remoteTarget;
  leg.previousTarget = parts.previousTarget;
  leg.sourceIp = parts.sourceIp;
  leg.routeSet = parts.routeSet.length === 0 ? NO_ROUTES : parts.routeSet;
  leg.listener = parts.socket === "" ? undefined : listenerOf(core, parts.socket);
  leg.receivedSdp = parts.receivedSdp;
  leg.sentSdp = parts.sentSdp;
  leg.advertisedContact = parts.advertisedContact;
  leg.fromUri = parts.fromUri;
  leg.toUri = parts.toUri;
  leg.recordRoutes = parts.recordRoutes;
  if (parts.upstream !== undefined) {
    leg.upstream = new Leg(-1, 0);
    takeNumbers(leg.upstream, parts.upstream);
  }
  return leg;
}

function takeNumbers(leg: Leg, { cseq, previousCseq, generatedCseq, wireCseq, lastMethod, rewritten }: CountSnapshot): void {
  leg.cseq = cseq;
  leg.previousCseq = previousCseq;
  leg.generatedCseq = generatedCseq;
  leg.wireCseq = wireCseq;
  leg.lastMethod = lastMethod;
  leg.rewritten = rewritten.length === 0 ? undefined : rewritten.slice();
}

function listenerOf(core: DialogCore, socket: string): Listener | undefined {
  return core.deps.transport.listeners.find((one) => one.name === socket);
}

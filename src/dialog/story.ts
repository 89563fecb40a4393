// What is known of a call, live or gone, for `explain`.
import { compareSequence, type EpochMs } from "../kit/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import type { EndedCall, HistoryStep } from "./history.ts";
import { dbIdOf, formatDid, parseDbId, parseDid } from "./ids.ts";
import type { CallMessage } from "./message-log.ts";
import { ModuleFlag } from "./options.ts";

/** A timer that runs. */
export interface RunningTimer {
  /** `lifetime`: the call ends; `ack`: it ends unless the 2xx is acknowledged, or BYEs that wait for that go. */
  readonly name: "lifetime" | "ack";
  readonly endsAt: EpochMs;
}

/** One call, with everything it has done so far. */
export interface CallStory {
  readonly did: string;
  readonly dbId: bigint;
  readonly callId: string;
  readonly fromUri: string;
  readonly toUri: string;
  readonly fromTag: string;
  readonly toTag: string;
  /** `$DLG_status`. */
  readonly state: number;
  /** Still in memory. */
  readonly isLive: boolean;
  readonly createdAt: EpochMs;
  /** 0 when it was not answered. */
  readonly startAt: EpochMs;
  /** "" while nobody has said. */
  readonly endReason: string;
  /** The callee knows the call by another Call-ID. */
  readonly isCallIdHidden: boolean;
  /** Oldest first. */
  readonly steps: readonly HistoryStep[];
  /** The beginning has been overwritten. */
  readonly isCut: boolean;
  /** Messages with its Call-ID while it was there, in order; `order` says where they stand among the steps. */
  readonly messages: readonly CallMessage[];
  /** Earlier ones may have been overwritten. */
  readonly areMessagesCut: boolean;
  readonly timers: readonly RunningTimer[];
}

/**
 * Finds calls by cookie, else by Call-ID, else by the id of tables: those in memory, and those that have gone as far as they are remembered.
 * @returns the oldest first; several for a Call-ID that was used again
 */
export function storiesOf(core: DialogCore, text: string): readonly CallStory[] {
  const { table, history } = core;
  const did = parseDid(text);
  const byCookie = did === undefined ? [] : byNumbers(core, did.entry, did.id);
  if (byCookie.length > 0) return byCookie;
  const found: CallStory[] = [];
  for (const call of history.endedByCallId(table.entryOf(text), text)) found.push(gone(core, call));
  found.reverse();
  for (let dialog = table.firstOf(text); dialog !== undefined; dialog = dialog.callNext) found.push(live(core, dialog));
  if (found.length > 0) return found;
  const numbers = parseDbId(text);
  return numbers === undefined ? [] : byNumbers(core, numbers.entry, numbers.id);
}

function byNumbers(core: DialogCore, entry: number, id: number): readonly CallStory[] {
  const dialog = core.table.byNumbers(entry, id);
  if (dialog !== undefined) return [live(core, dialog)];
  const [last] = core.history.endedByNumbers(entry, id);
  return last === undefined ? [] : [gone(core, last)];
}

function live(core: DialogCore, dialog: Dialog): CallStory {
  const { did, dbId, callId, fromUri, toUri, fromTag, toTag, status: state, createdAt, startAt, moduleFlags } = dialog;
  const { clock } = core.deps;
  const timers: RunningTimer[] = [];
  const offset = clock.now() - clock.monotonic();
  if (dialog.endsAt >= 0) timers.push({ name: "lifetime", endsAt: Math.round(offset + dialog.endsAt) });
  if (dialog.ackBy >= 0) timers.push({ name: "ack", endsAt: Math.round(offset + dialog.ackBy) });
  const steps = core.history.stepsAt(dialog.historyAt);
  return {
    ...{ did, dbId, callId, fromUri, toUri, fromTag, toTag, state, createdAt, startAt, timers },
    isLive: true,
    endReason: dialog.endReason ?? "",
    isCallIdHidden: (moduleFlags & ModuleFlag.hideCallId) !== 0,
    ...steps,
    ...messagesOf(core, dialog, dialog.entry, steps, undefined),
  };
}

function gone(core: DialogCore, call: EndedCall): CallStory {
  const { entry, id, callId, fromUri, toUri, fromTag, toTag, createdAt, startAt, endReason, moduleFlags, position } = call;
  const steps = core.history.stepsAt(position);
  return {
    ...{ callId, fromUri, toUri, fromTag, toTag, createdAt, startAt, endReason },
    did: formatDid(entry, id),
    dbId: dbIdOf(entry, id),
    state: 5,
    isLive: false,
    isCallIdHidden: (moduleFlags & ModuleFlag.hideCallId) !== 0,
    timers: [],
    ...steps,
    ...messagesOf(core, call, entry, steps, call.goneOrder),
  };
}

/** Who the messages are looked up for. */
type Wanted = Pick<EndedCall, "callId" | "fromTag" | "createdAt" | "moduleFlags">;

/** @param until - messages after this one are of another call with the same Call-ID; undefined for a call that is there */
function messagesOf(
  core: DialogCore,
  wanted: Wanted,
  entry: number,
  { steps, isCut }: { readonly steps: readonly HistoryStep[]; readonly isCut: boolean },
  until: number | undefined,
): Pick<CallStory, "messages" | "areMessagesCut"> {
  const { messages: log, history } = core;
  if (log === undefined) return { messages: [], areMessagesCut: false };
  const { callId, fromTag, createdAt, moduleFlags } = wanted;
  const first = isCut ? undefined : steps[0];
  // the last one of this Call-ID that had gone before this one came
  let after: number | undefined;
  for (const { goneAt, goneOrder } of history.endedByCallId(entry, callId)) {
    const isBefore = first === undefined ? goneAt < createdAt : compareSequence(goneOrder, first.order) < 0;
    if (isBefore && (after === undefined || compareSequence(goneOrder, after) > 0)) after = goneOrder;
  }
  const since = log.completeSince;
  return {
    messages: log
      .of(callId, fromTag, (moduleFlags & ModuleFlag.hideCallId) !== 0)
      .filter(
        ({ order }) =>
          (after === undefined || compareSequence(order, after) > 0) && (until === undefined || compareSequence(order, until) <= 0),
      ),
    areMessagesCut: since !== undefined && since >= createdAt,
  };
}

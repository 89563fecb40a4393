// E_DLG_STATE_CHANGED: a consequence of the change feed (dialog-behaviour 14.1, decision 15).
import { type Change, type Dialog, stateNumber } from "../dialog/index.ts";
import type { Feed } from "../kit/index.ts";
import type { EventBus } from "./events.ts";

/** Which identifiers the event carries (`event_id_format`): 0 the two numbers, 1 did and id of tables, 2 all; undefined all as well. */
export type EventIdFormat = 0 | 1 | 2 | undefined;

export const DIALOG_EVENT = "E_DLG_STATE_CHANGED";

/**
 * Raises it for each change of state.
 * @returns what stops it
 */
export function raiseDialogEvents(feed: Feed<Change>, bus: EventBus, format: EventIdFormat): () => void {
  const event = bus.define(DIALOG_EVENT);
  return feed.subscribe(({ kind, dialog, from, to }) => {
    if (kind !== "state" || from === undefined || to === undefined || !event.isHeard) return;
    event.raise([
      ...identifiers(dialog, format),
      ["callid", dialog.callId],
      ["from_tag", dialog.fromTag],
      ["to_tag", dialog.toTag],
      ["old_state", stateNumber(from)],
      ["new_state", stateNumber(to)],
    ]);
  });
}

function identifiers(dialog: Dialog, format: EventIdFormat): [string, string][] {
  const numbers: [string, string][] = [
    ["hash_entry", String(dialog.entry)],
    ["hash_id", String(dialog.id)],
  ];
  if (format === 0) return numbers;
  const ids: [string, string][] = [
    ["id", dialog.did],
    ["db_id", String(dialog.dbId)],
  ];
  return format === 1 ? ids : [...numbers, ...ids];
}

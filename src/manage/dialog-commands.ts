// Listing and ending calls (dialog-behaviour 10.2, 10.3).
import type { Dialog } from "../dialog/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, type Outcome, text } from "./definition.ts";
import { type Describe, dialogJson } from "./dialog-json.ts";
import { fail, invalidParams } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import { Listing } from "./listing.ts";
import { asWritten, headerLines } from "./text.ts";

/** Where the dialogs are. */
export interface DialogDirectory {
  /** How many are in memory, in any state. */
  readonly count: number;
  /** All, in bucket order and then by age; the walk may be interrupted, and calls may come and go meanwhile. */
  all(): Iterable<Dialog>;
  /** A page of the same order. */
  page(from: number, count: number): readonly Dialog[];
  /** A live dialog by its cookie, else by its Call-ID, else by the id of tables. */
  lookup(id: string): Dialog | undefined;
  /** The oldest dialog of a Call-ID in any state; the others follow by `callNext`. */
  firstOf(callId: string): Dialog | undefined;
}

/** Why a call ended that a command ended. */
export const MI_TERMINATION = "MI Termination";

/**
 * Adds `dlg_list dlg_list_ctx dlg_end_dlg`.
 * @param describe - adds to the context that `dlg_list_ctx` shows
 */
export function registerDialogCommands(commands: Commands, dialogs: DialogDirectory, describe?: Describe): void {
  for (const [name, modern, isContextShown] of [
    ["dlg_list", "dialog:list", false],
    ["dlg_list_ctx", "dialog:list_ctx", true],
  ] as const) {
    commands.register({
      name,
      modern: [modern],
      module: "dialog",
      help: `lists calls${isContextShown ? " with their values and profiles" : ""}: all, those of a Call-ID, or a page of them`,
      forms: [[], [text("callid")], [text("callid"), text("from_tag")], [integer("index"), integer("counter")]],
      isNamedOnly: true,
      run: (args) => listDialogs(dialogs, args, isContextShown, describe),
    });
  }

  commands.register({
    name: "dlg_end_dlg",
    modern: ["dialog:end_dlg"],
    module: "dialog",
    help: "ends a call: CANCEL while it rings, BYE to both sides once it is answered",
    forms: [[text("dialog_id")], [text("dialog_id"), text("extra_hdrs")]],
    run: (args) => {
      const dialog = dialogs.lookup(asWritten(args.text("dialog_id") ?? ""));
      if (dialog === undefined) return fail(404, "Requested Dialog not found");
      const extraHeaders = headerLines(args.text("extra_hdrs") ?? "");
      if (extraHeaders === undefined) return fail(400, "Bad headers");
      const result = dialog.end(MI_TERMINATION, { extraHeaders });
      if (result === "ended") return fail(404, "Requested Dialog not found");
      return result === "ok" ? "OK" : fail(500, "Operation failed");
    },
  });
}

function listDialogs(dialogs: DialogDirectory, args: Arguments, isContextShown: boolean, describe: Describe | undefined): Outcome {
  const callId = args.text("callid");
  if (callId !== undefined) {
    const found = find(dialogs, asWritten(callId), args.text("from_tag"));
    return found === undefined ? fail(404, "No such dialog") : { Dialog: dialogJson(found, isContextShown, describe) };
  }
  const index = args.integer("index") ?? 0;
  const counter = args.integer("counter") ?? 0;
  if (index < 0) return invalidParams("Bad type for parameter 'index'");
  if (counter < 0) return invalidParams("Bad type for parameter 'counter'");
  if (counter === 0) return new Listing("Dialogs", written(dialogs.all(), isContextShown, describe));
  return new Listing("Dialogs", written(dialogs.page(index, counter), isContextShown, describe), { count: dialogs.count });
}

/** The oldest live dialog of a Call-ID, with this caller tag if one is given. */
function find(dialogs: DialogDirectory, callId: string, fromTag: string | undefined): Dialog | undefined {
  const tag = fromTag === undefined ? undefined : asWritten(fromTag);
  for (let dialog = dialogs.firstOf(callId); dialog !== undefined; dialog = dialog.callNext) {
    if (!dialog.isEnded && (tag === undefined || dialog.fromTag === tag)) return dialog;
  }
  return undefined;
}

/** Each is written at the moment it is asked for. */
export function* written(dialogs: Iterable<Dialog>, isContextShown: boolean, describe?: Describe): Generator<JsonObject, void, undefined> {
  for (const dialog of dialogs) yield dialogJson(dialog, isContextShown, describe);
}

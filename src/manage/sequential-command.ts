// `dlg_send_sequential` (dialog-behaviour 15.2): a request of our own within a call, or an exchange with both of its sides.
import { type Dialog, parseExchangeBody, parseExchangeMode } from "../dialog/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, type Outcome, type Parameter, text } from "./definition.ts";
import type { DialogDirectory } from "./dialog-commands.ts";
import { fail } from "./errors.ts";
import { asWritten, headerLines, shown } from "./text.ts";

/** Adds `dlg_send_sequential`. */
export function registerSequentialCommand(commands: Commands, dialogs: Pick<DialogDirectory, "firstOf">): void {
  commands.register({
    name: "dlg_send_sequential",
    modern: ["dialog:send_sequential"],
    module: "dialog",
    help: "sends a request within a call, to one side or to both in turn, and waits for its final answer",
    forms: forms(),
    isNamedOnly: true,
    run: (args) => send(dialogs, args),
  });
}

/** `callid`, and any of the others. */
function forms(): readonly (readonly Parameter[])[] {
  let all: (readonly Parameter[])[] = [[text("callid")]];
  for (const name of ["mode", "method", "body", "headers"]) all = [...all, ...all.map((form) => [...form, text(name)])];
  return all;
}

function send(dialogs: Pick<DialogDirectory, "firstOf">, args: Arguments): Outcome | Promise<Outcome> {
  const mode = parseExchangeMode(asWritten(args.text("mode") ?? "caller"));
  if (mode === undefined) return fail(400, "Invalid mode");
  const body = parseExchangeBody(asWritten(args.text("body") ?? "none"));
  if (body === undefined) return fail(400, "Invalid body mode");
  const headers = headerLines(args.text("headers") ?? "");
  if (headers === undefined) return fail(400, "Bad headers");
  const method = asWritten(args.text("method") ?? "INVITE");
  if (mode.isChallenge && method !== "INVITE" && method !== "UPDATE") return fail(406, "Not Acceptable");
  const dialog = live(dialogs, asWritten(args.text("callid") ?? ""));
  if (dialog === undefined) return fail(404, "Dialog Not Found");
  const answered = Promise.withResolvers<Outcome>();
  const begun = dialog.exchange({
    mode,
    method,
    body,
    headers,
    done: (status, response, reason) => {
      answered.resolve(response === undefined ? fail(status, reason) : { Code: status, Reason: shown(reason) });
    },
  });
  return begun === "ok" ? answered.promise : fail(500, "Internal Error");
}

/** The oldest live call of a Call-ID. */
function live(dialogs: Pick<DialogDirectory, "firstOf">, callId: string): Dialog | undefined {
  let dialog = dialogs.firstOf(callId);
  while (dialog?.isEnded === true) dialog = dialog.callNext;
  return dialog;
}

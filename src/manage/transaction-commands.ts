// Requests and replies by hand (proxy-core 7.6): what they carry is text of SIP, which the port reads.
import { asWritten, shown } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, type Outcome, type Parameter, text } from "./definition.ts";
import { fail } from "./errors.ts";
import type { TransactionPort } from "./ports.ts";
import { headerLines } from "./text.ts";

const REQUEST = [text("method"), text("ruri"), text("headers")];
const REPLY = [integer("code"), text("reason"), text("trans_id"), text("to_tag")];

/** Adds `t_uac_dlg t_uac_cancel t_reply t_hash`. */
export function registerTransactionCommands(commands: Commands, port: TransactionPort): void {
  const add = (
    name: string,
    help: string,
    forms: readonly (readonly Parameter[])[],
    isNamedOnly: boolean,
    run: (args: Arguments) => Outcome | Promise<Outcome>,
  ): void => commands.register({ name, modern: [`tm:${name.slice(2)}`], module: "tm", help, forms, isNamedOnly, run });

  add(
    "t_uac_dlg",
    "sends a request and waits for its final answer",
    withEach(REQUEST, [text("next_hop"), text("socket"), text("body")]),
    true,
    (args) => sendRequest(port, args),
  );
  add("t_uac_cancel", "cancels an INVITE that t_uac_dlg has sent", [[text("callid"), integer("cseq")]], false, (args) =>
    port.cancel(asWritten(args.text("callid") ?? ""), args.integer("cseq") ?? -1) ? "OK" : fail(481, "No such transaction"),
  );
  add("t_reply", "answers a request that waits for its answer", withEach(REPLY, [text("new_headers"), text("body")]), true, (args) =>
    sendReply(port, args),
  );
  // there is one table here, not many buckets
  add("t_hash", "counts the transactions in memory and those since the start", [[]], false, () => {
    const { current, total } = port.counts();
    return [{ index: 0, Current: current, Total: total }];
  });
}

async function sendRequest(port: TransactionPort, args: Arguments): Promise<Outcome> {
  const lines = args.text("headers") ?? "";
  const headers = headerLines(lines);
  if (headers === undefined) return fail(400, "Bad headers");
  const given = (name: string): string | undefined => {
    const value = args.text(name);
    return value === undefined || value === "." ? undefined : asWritten(value);
  };
  const result = await port.request({
    method: args.text("method") ?? "",
    requestUri: asWritten(args.text("ruri") ?? ""),
    headers,
    nextHop: given("next_hop"),
    socket: given("socket"),
    body: given("body"),
  });
  if ("fault" in result) return fail(result.code, result.fault);
  return {
    Status: `${result.status} ${shown(result.reason)}`,
    RURI: shown(result.requestUri),
    "Next-hop": shown(result.nextHop),
    Routes: result.routes.map(shown),
    // an answer that nobody has sent has no text
    ...(result.message === undefined ? {} : { Message: shown(result.message) }),
  };
}

function sendReply(port: TransactionPort, args: Arguments): Outcome {
  const code = args.integer("code") ?? 0;
  if (code < 100 || code > 699) return fail(400, "Bad reply code");
  const reason = asWritten(args.text("reason") ?? "");
  const toTag = asWritten(args.text("to_tag") ?? "");
  if (!isOneLine(reason)) return fail(400, "Bad reason");
  if (!isOneLine(toTag)) return fail(400, "Bad to_tag");
  const headers = headerLines(args.text("new_headers") ?? "");
  if (headers === undefined) return fail(400, "Bad headers");
  const id = transactionId(args.text("trans_id") ?? "");
  if (id === undefined) return fail(400, "Bad transaction id");
  const body = asWritten(args.text("body") ?? "");
  const outcome = port.reply({ ...id, code, reason, toTag, headers, body });
  if (outcome === "missing") return fail(404, "Transaction not found");
  return outcome === "sent" ? "OK" : fail(500, "Cannot send the reply");
}

/** As `$T_id` prints it (`hash.label`, hexadecimal), or `hash:label` in decimal. */
function transactionId(id: string): { readonly hashIndex: number; readonly label: number } | undefined {
  const isDecimal = id.includes(":");
  const parts = id.split(isDecimal ? ":" : ".");
  if (parts.length !== 2) return undefined;
  const [hashIndex, label] = parts.map((digits) => numberOf(digits, isDecimal ? 10 : 16));
  return hashIndex === undefined || label === undefined ? undefined : { hashIndex, label };
}

function numberOf(digits: string, base: 10 | 16): number | undefined {
  if (digits === "" || digits.length > 10) return undefined;
  let number = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = "0123456789abcdef".indexOf(digits.charAt(i).toLowerCase());
    if (digit < 0 || digit >= base) return undefined;
    number = number * base + digit;
  }
  return number;
}

function isOneLine(value: string): boolean {
  return !value.includes("\r") && !value.includes("\n") && !value.includes("\0");
}

/** Every form that the optional parameters make, in their order. */
function withEach(fixed: readonly Parameter[], optional: readonly Parameter[]): (readonly Parameter[])[] {
  let forms: (readonly Parameter[])[] = [fixed];
  for (const one of optional) forms = [...forms, ...forms.map((form) => [...form, one])];
  return forms;
}

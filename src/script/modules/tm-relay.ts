// tm: making the transaction and sending the request on (proxy-core 3.7).
import type { RelayOptions } from "../../proxy/index.ts";
import { isCleanHeaderText } from "../../sip/index.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, type Outcome } from "../module.ts";
import { routeSet } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import { relay } from "./relaying.ts";

const FLAGS: ReadonlyMap<string, number> = new Map([
  ["no-auto-477", 2],
  ["no-dns-failover", 4],
  ["pass-reason-hdr", 8],
  ["allow-no-cancel", 16],
]);

/** `t_relay`, `t_newtran`, `t_check_trans`. @param mayTry - whether `t_newtran` sends 100 Trying (`auto_100trying`) */
export function relayFunctions(mayTry: () => boolean): readonly FunctionDefinition[] {
  return [
    { name: "t_relay", parameters: [may("flags", "value"), may("destination", "text")], routes: routeSet("RF"), bind: bindRelay },
    { name: "t_newtran", parameters: [], routes: routeSet("R"), bind: () => (run) => newTransaction(run, mayTry()) },
    { name: "t_check_trans", parameters: [], routes: routeSet("RB"), bind: () => checkTransaction },
  ];
}

function bindRelay(call: BoundCall): Action {
  const literal = call.has(0) ? call.literal(0) : "";
  const flags = call.has(0) ? call.value(0) : undefined;
  const destination = call.has(1) ? call.text(1) : undefined;
  let fixed: RelayOptions | undefined;
  if (literal !== undefined) {
    const bits = literal === "" ? 0 : flagBits(literal);
    if (bits === undefined) call.fault(0, `unknown t_relay flag in <${literal}>`, `flags are ${[...FLAGS.keys()].join(", ")}`);
    fixed = optionsOf(bits ?? 0);
  }
  const known = call.has(1) ? call.literal(1) : undefined;
  if (known !== undefined && destinationUri(known) === undefined) {
    call.fault(1, `bad destination <${known}>`, "write it as proto:host:port");
  }
  return (run) => {
    const options = fixed ?? variableOptions(run, flags?.(run) ?? null);
    if (options === undefined) return -1;
    if (destination === undefined) return relayRequest(run, options);
    const text = destination(run);
    const uri = text === undefined ? undefined : destinationUri(text);
    if (uri !== undefined) return relayTo(run, options, uri);
    run.error("tm", "w_t_relay", `bad destination <${text ?? ""}>`);
    return -4;
  };
}

function relayRequest(run: Run, options: RelayOptions): Outcome {
  const { request } = run;
  if (request !== undefined) return relay(run, request, options);
  run.error("tm", "w_t_relay", "there is no request to relay here");
  return -1;
}

/** To a given next hop, this once. */
function relayTo(run: Run, options: RelayOptions, uri: string): Outcome {
  const { request } = run;
  if (request === undefined) return relayRequest(run, options);
  const { dstUri, dstFlow } = request;
  request.dstUri = uri;
  request.dstFlow = 0;
  const outcome = relay(run, request, options);
  request.dstUri = dstUri;
  request.dstFlow = dstFlow;
  return outcome;
}

function variableOptions(run: Run, value: Value): RelayOptions | undefined {
  const bits = intOf(value) ?? flagBits(textOf(value) ?? "");
  if (bits !== undefined) return optionsOf(bits);
  run.error("tm", "w_t_relay", `unknown flag in <${textOf(value) ?? ""}>`);
  return undefined;
}

/** A number in any of its spellings, or names in a list; undefined for anything else. */
function flagBits(text: string): number | undefined {
  const number = text === "" ? 0 : Number(text);
  if (Number.isInteger(number) && number >= 0) return number;
  let bits = 0;
  for (const word of text.split(",")) {
    const bit = FLAGS.get(word.trim().toLowerCase());
    if (bit === undefined) return undefined;
    bits |= bit;
  }
  return bits;
}

const NO_OPTIONS: RelayOptions = Object.freeze({});

function optionsOf(bits: number): RelayOptions {
  if ((bits & 30) === 0) return NO_OPTIONS;
  return Object.freeze({
    noAutoReply: (bits & 2) !== 0,
    noDnsFailover: (bits & 4) !== 0,
    passReason: (bits & 8) !== 0,
    allowNoCancel: (bits & 16) !== 0,
  });
}

/** `proto:host:port` as a URI; a sip or sips URI stays as it is. Undefined for what can be neither. */
export function destinationUri(text: string): string | undefined {
  if (text === "" || !isCleanHeaderText(text) || text.includes(" ")) return undefined;
  if (text.startsWith("sip:") || text.startsWith("sips:")) return text;
  const colon = text.indexOf(":");
  const first = text.slice(0, colon < 0 ? text.length : colon).toLowerCase();
  switch (first) {
    case "udp":
    case "tcp":
    case "tls":
    case "ws":
    case "wss": {
      const rest = text.slice(colon + 1);
      return rest === "" || colon < 0 ? undefined : `sip:${rest};transport=${first}`;
    }
    default:
      return `sip:${text}`;
  }
}

/** `t_newtran`: retransmissions never come this far, so that it does not return 0 here (TM-16). */
function newTransaction(run: Run, mayTry: boolean): number {
  const { request } = run;
  if (request === undefined) return -1;
  const { transaction } = request;
  if (transaction === undefined) return 1; // an ACK that goes its way without one
  if (request.newTransaction() !== 1) return -1;
  if (mayTry) transaction.sendTryingNow();
  return 1;
}

/** TM-24. Retransmissions and hop-by-hop ACKs are dealt with before any route. */
function checkTransaction(run: Run): number {
  const { request } = run;
  if (request === undefined) return -1;
  switch (request.request.method) {
    case "CANCEL":
      return request.invite === undefined ? -1 : 1;
    case "ACK":
      return request.invite === undefined ? -1 : -2;
    default:
      return -1;
  }
}

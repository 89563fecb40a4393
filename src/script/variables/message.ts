// What every message says of itself: start line, Call-ID, CSeq, where it came from.
import { SipRequest, SipResponse } from "../../sip/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { Dual, type Value } from "../values.ts";
import { orNull, plain } from "./define.ts";

const TRUE = new Dual("true", 1);
const FALSE = new Dual("false", 0);
const OTHER_METHOD = 16384;

// The int form of a method is its bit in the reference's sets of methods.
const METHODS: ReadonlyMap<string, Dual> = new Map(
  [
    "INVITE",
    "CANCEL",
    "ACK",
    "BYE",
    "INFO",
    "OPTIONS",
    "UPDATE",
    "REGISTER",
    "MESSAGE",
    "SUBSCRIBE",
    "NOTIFY",
    "PRACK",
    "REFER",
    "PUBLISH",
  ].map((name, i) => [name, new Dual(name, 1 << i)]),
);

/** `$ci $cs $rm $rs $rr $si $sp $af $mb $ml $mi $msg.is_request $msg.type`. */
export function messageVariables(): readonly VariableDefinition[] {
  return [
    plain("ci", (run) => run.message.callId),
    plain("cs", (run) => String(run.message.cseqNumber)),
    plain("rm", readMethod),
    plain("method", readMethod),
    plain("rs", (run) => (run.message instanceof SipResponse ? run.message.status : null)),
    plain("rr", (run) => (run.message instanceof SipResponse ? run.message.reason : null)),
    plain("si", sourceIp),
    plain("src_ip", sourceIp),
    plain("sp", sourcePort),
    plain("src_port", sourcePort),
    plain("af", (run) => orNull(familyName(sourceIp(run)))),
    plain("mb", (run) => run.message.text.slice(0, run.message.bodyEnd)),
    plain("ml", (run) => run.message.bodyEnd),
    plain("mi", (run) => run.messageId),
    plain("msg.is_request", (run) => (run.message.isRequest ? TRUE : FALSE)),
    plain("msg.type", (run) => (run.message.isRequest ? "request" : "reply")),
  ];
}

/** A flag as it reads: `true` or `false` with 1 or 0. */
export function truth(isSet: boolean): Value {
  return isSet ? TRUE : FALSE;
}

function readMethod(run: Run): Value {
  const { message } = run;
  const method = message instanceof SipRequest ? message.method : message.cseqMethod;
  return METHODS.get(method) ?? new Dual(method, OTHER_METHOD);
}

// A generated request and the dummy of jobs come from nowhere; a reply whose source is not known has none.
function sourceIp(run: Run): Value {
  if (run.source !== undefined) return run.source.ip;
  if (!run.message.isRequest) return null;
  return run.request?.source.ip ?? "0.0.0.0";
}

function sourcePort(run: Run): Value {
  if (run.source !== undefined) return run.source.port;
  if (!run.message.isRequest) return null;
  return run.request?.source.port ?? 0;
}

/** `INET` or `INET6`; undefined for NULL. */
export function familyName(ip: Value): string | undefined {
  if (typeof ip !== "string") return undefined;
  return ip.includes(":") ? "INET6" : "INET";
}

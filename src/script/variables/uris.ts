// $ru and its parts, the original URI, the destination URI.
import { bracketed, parseUri, SipRequest, type SipUri, withUriParts } from "../../sip/index.ts";
import type { VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { Dual, intOf, textOf, type Value } from "../values.ts";
import { orNull, plain, type Writer } from "./define.ts";
import { requestUriOf, setDstUri, setRequestUri, targetOf } from "./target.ts";

// Numbers of the transports in their int form.
const PROTOCOLS: ReadonlyMap<string, Dual> = new Map(
  ["udp", "tcp", "tls", "sctp", "ws", "wss"].map((name, i) => [name, new Dual(name, i + 1)]),
);

/** `$ru`, `$rU` …, `$ou` …, `$du` …: script-language 6.2. */
export function uriVariables(): readonly VariableDefinition[] {
  const ru = (run: Run): Value => {
    const uri = targetOf(run)?.requestUri;
    if (uri === undefined || uri === run.request?.receivedUri) return uri ?? null;
    return requestUriOf(run) === undefined ? null : uri;
  };
  const rU = (run: Run): Value => orNull(requestUriOf(run)?.user);
  const rd = (run: Run): Value => hostValue(requestUriOf(run));
  const rp = (run: Run): Value => portValue(requestUriOf(run));
  return [
    plain("ru", ru, writeRequestUri),
    plain("ruri", ru, writeRequestUri),
    plain("rU", rU, writeUser),
    plain("ruri.user", rU, writeUser),
    plain("rd", rd, writeDomain),
    plain("ruri.domain", rd, writeDomain),
    plain("rp", rp, writePort),
    plain("ruri.port", rp, writePort),
    plain("rP", (run) => protocolValue(requestUriOf(run))),
    plain("ru_q", readQ, writeQ),
    plain("ou", (run) => orNull(originalUri(run)?.text)),
    plain("oU", (run) => orNull(originalUri(run)?.user)),
    plain("od", (run) => hostValue(originalUri(run))),
    plain("op", (run) => portValue(originalUri(run))),
    plain("oP", (run) => protocolValue(originalUri(run))),
    plain("du", readDst, writeDst),
    plain("duri", readDst, writeDst),
    plain("dd", (run) => hostValue(dstUri(run)), writeDstDomain),
    plain("dp", (run) => portValue(dstUri(run)), writeDstPort),
    plain("dP", (run) => protocolValue(dstUri(run))),
  ];
}

/** Host of a URI as scripts see it, IPv6 in brackets; NULL for tel and other opaque URIs. */
export function hostValue(uri: SipUri | undefined): Value {
  return uri === undefined || uri.host === "" ? null : bracketed(uri.host);
}

/** Port of a URI, its scheme's default when it has none. */
export function portValue(uri: SipUri | undefined): Value {
  if (uri === undefined || !uri.isSip) return null;
  if (uri.port !== 0) return uri.port;
  return uri.scheme === "sips" || uri.transport === "tls" ? 5061 : 5060;
}

/** Transport of a URI by its parameter and scheme. */
export function protocolValue(uri: SipUri | undefined): Value {
  if (uri === undefined || !uri.isSip) return null;
  return protocolNamed(uri.transport ?? (uri.scheme === "sips" ? "tls" : "udp"));
}

/** A transport name with its number. */
export function protocolNamed(name: string): Value {
  return PROTOCOLS.get(name) ?? new Dual(name, 0);
}

function originalUri(run: Run): SipUri | undefined {
  return run.message instanceof SipRequest ? run.message.uri : undefined;
}

const writeRequestUri: Writer = (run, value) => {
  const text = textOf(value);
  return text === undefined || text === "" ? fail(run, "pv_set_ruri", "str value required to set R-URI") : setRequestUri(run, text);
};

const writeUser: Writer = (run, value) => {
  const text = value === null ? undefined : textOf(value);
  if (value !== null && text === undefined) return fail(run, "pv_set_ruri_user", "str value required to set R-URI user");
  return rewrite(run, "pv_set_ruri_user", (uri) => withUriParts(uri, { user: text ?? "" }));
};

const writeDomain: Writer = (run, value) => {
  const text = textOf(value);
  if (text === undefined) return fail(run, "pv_set_ruri_host", "str value required to set R-URI hostname");
  return rewrite(run, "pv_set_ruri_host", (uri) => withUriParts(uri, { host: text }));
};

const writePort: Writer = (run, value) => {
  const port = portOf(value);
  return port < 0 ? fail(run, "pv_set_ruri_port", "bad port") : rewrite(run, "pv_set_ruri_port", (uri) => withUriParts(uri, { port }));
};

// NULL takes the port away. Ports come as numbers and as texts.
function portOf(value: Value): number {
  if (value === null) return 0;
  const port = intOf(value) ?? decimalOf(textOf(value) ?? "");
  return port >= 0 && port <= 65535 ? port : -1;
}

function decimalOf(text: string): number {
  if (text === "" || text.length > 5) return -1;
  let port = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
  }
  return port;
}

function rewrite(run: Run, routine: string, change: (uri: SipUri) => string | undefined): boolean {
  const uri = requestUriOf(run);
  const text = uri === undefined ? undefined : change(uri);
  return text === undefined ? fail(run, routine, "failed to rewrite the R-URI") : setRequestUri(run, text);
}

// Nobody can tell a q of 1 that was set from none: 1000 is what a target has from the start.
function readQ(run: Run): Value {
  const { request } = run;
  if (request === undefined || !run.message.isRequest) return null;
  const q = run.branch?.q ?? request.q;
  return q === 1000 ? -1 : q;
}

function writeQ(run: Run, value: Value): boolean {
  const q = value === null ? -1 : intOf(value);
  if (run.request === undefined || q === undefined || q < -1 || q > 1000) {
    return fail(run, "pv_set_ru_q", "q must be a number from -1 to 1000");
  }
  run.request.q = q < 0 ? 1000 : q;
  return true;
}

function readDst(run: Run): Value {
  return orNull(targetOf(run)?.dstUri);
}

function dstUri(run: Run): SipUri | undefined {
  const text = targetOf(run)?.dstUri;
  if (text === undefined) return undefined;
  const parsed = parseUri(text);
  if (parsed.ok) return parsed.value;
  run.error("core", "pv_get_dsturi_attr", `failed to parse dst uri <${text}>`);
  return undefined;
}

const writeDst: Writer = (run, value) => {
  if (value === null) return setDstUri(run, undefined);
  const text = textOf(value);
  return text === undefined ? fail(run, "pv_set_dsturi", "str value required to set destination URI") : setDstUri(run, text || undefined);
};

const writeDstDomain: Writer = (run, value) => {
  const text = textOf(value);
  return text === undefined
    ? fail(run, "pv_set_dsturi_host", "str value required")
    : rewriteDst(run, (uri) => withUriParts(uri, { host: text }));
};

const writeDstPort: Writer = (run, value) => {
  const port = portOf(value);
  return port < 0 ? fail(run, "pv_set_dsturi_port", "bad port") : rewriteDst(run, (uri) => withUriParts(uri, { port }));
};

function rewriteDst(run: Run, change: (uri: SipUri) => string | undefined): boolean {
  const uri = dstUri(run);
  const text = uri === undefined ? undefined : change(uri);
  return text === undefined ? fail(run, "pv_set_dsturi_attr", "failed to rewrite the destination URI") : setDstUri(run, text);
}

function fail(run: Run, routine: string, text: string): false {
  run.error("core", routine, text);
  return false;
}

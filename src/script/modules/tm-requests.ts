// tm: requests of our own, and copies of a request for somebody else (`t_new_request`, `t_replicate`).
import { H, type HeaderId, isCleanHeaderText, parseUri, type SipRequest } from "../../sip/index.ts";
import type { LocalParty } from "../../transaction/index.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../module.ts";
import { Routes, routeSet } from "../routes.ts";
import { type Run, TransactionScope } from "../run.ts";
import { destinationUri } from "./tm-relay.ts";

/** AVP of the new transaction that holds the last argument of `t_new_request`. */
const CONTEXT_AVP = "uac_ctx";

/** `t_new_request`, `t_replicate`. */
export function requestFunctions(): readonly FunctionDefinition[] {
  return [
    {
      name: "t_new_request",
      parameters: [
        must("method", "text"),
        must("ruri", "text"),
        must("from", "text"),
        must("to", "text"),
        may("body", "text"),
        may("ctx", "text"),
      ],
      routes: Routes.all,
      bind: bindNewRequest,
    },
    { name: "t_replicate", parameters: [must("uri", "text"), may("flags", "value")], routes: routeSet("R"), bind: bindReplicate },
  ];
}

function bindNewRequest(call: BoundCall): Action {
  const method = call.text(0);
  const ruri = call.text(1);
  const from = call.text(2);
  const to = call.text(3);
  const body = call.has(4) ? call.text(4) : undefined;
  const ctx = call.has(5) ? call.text(5) : undefined;
  return (run) => {
    const name = method(run);
    const requestUri = ruri(run);
    const fromParty = partyOf(from(run));
    const toParty = partyOf(to(run));
    if (name === undefined || requestUri === undefined || !isMethod(name) || !isUri(requestUri))
      return refuse(run, "bad method or Request-URI");
    if (fromParty === undefined || toParty === undefined) return refuse(run, "bad From or To");
    const content = contentOf(body?.(run));
    if (content === undefined) return refuse(run, "a body begins with its content type");
    const scope = new TransactionScope();
    const context = ctx?.(run);
    if (context !== undefined) scope.avps.push(CONTEXT_AVP, context);
    run.services.transactions.request({ method: name, requestUri, from: fromParty, to: toParty, scope, ...content });
    return 1;
  };
}

function refuse(run: Run, why: string): number {
  run.error("tm", "w_t_new_request", why);
  return -1;
}

/** `[display ]uri`. */
function partyOf(text: string | undefined): LocalParty | undefined {
  if (text === undefined || !isCleanHeaderText(text)) return undefined;
  const trimmed = text.trim();
  const blank = trimmed.lastIndexOf(" ");
  const uri = trimmed.slice(blank + 1);
  if (!isUri(uri)) return undefined;
  return blank < 0 ? { uri } : { uri, display: trimmed.slice(0, blank).trim() };
}

/** `type text`; nothing for no body. */
function contentOf(body: string | undefined): { readonly contentType?: string; readonly body?: string } | undefined {
  if (body === undefined || body === "") return {};
  const blank = body.indexOf(" ");
  const contentType = body.slice(0, blank);
  if (blank <= 0 || !contentType.includes("/") || !isCleanHeaderText(contentType)) return undefined;
  return { contentType, body: body.slice(blank + 1) };
}

function isUri(text: string): boolean {
  return isCleanHeaderText(text) && !text.includes(" ") && parseUri(text).ok;
}

function isMethod(text: string): boolean {
  if (text === "") return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) | 32;
    if (code < 97 || code > 122) return false;
  }
  return true;
}

function bindReplicate(call: BoundCall): Action {
  const uri = call.text(0);
  return (run) => {
    const text = uri(run);
    const target = text === undefined ? undefined : destinationUri(text);
    if (target === undefined || run.request === undefined || run.request.request.method === "ACK") return -1;
    return replicate(run, run.request.request, target);
  };
}

/** Lines that a copy has of its own, or that belong to the way the request came. */
const OWN: ReadonlySet<HeaderId> = new Set([H.Via, H.From, H.To, H.CallId, H.CSeq, H.MaxForwards, H.ContentLength, H.ContentType, H.Route]);

/** Sends a copy; what is answered to it concerns nobody. */
function replicate(run: Run, request: SipRequest, dstUri: string): number {
  const { head } = request;
  let headers = "";
  for (let i = 0; i < head.headerCount; i++) if (!OWN.has(head.headerId(i))) headers += head.line(i);
  run.services.transactions.request({
    method: request.method,
    requestUri: run.request?.requestUri ?? request.requestUri,
    from: { uri: request.from.uri, tag: request.fromTag, display: request.from.display },
    to: { uri: request.to.uri, tag: request.toTag, display: request.to.display },
    callId: request.callId,
    cseq: request.cseqNumber,
    dstUri,
    headers,
    contentType: request.contentType,
    body: request.body === "" ? undefined : request.body,
    failover: false,
  });
  return 1;
}

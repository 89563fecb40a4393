// Transactions by hand: what the management commands t_uac_dlg, t_uac_cancel, t_reply and t_hash do (proxy-core 7.6).
import type { HandmadeFault, HandmadeReply, HandmadeRequest, HandmadeResult, TransactionPort } from "../manage/index.ts";
import { H, headerIdOf, isCleanHeaderText, parseNameAddr, parseUri, reasonPhrase, type SipResponse } from "../sip/index.ts";
import type { LocalParty, LocalRequest, LocalTransaction, TransactionLayer } from "../transaction/index.ts";
import { type Listener, parseSocket, type TransportLayer } from "../transport/index.ts";
import type { Engine } from "./engine.ts";

/** Most INVITEs by hand that can be cancelled at a time. */
const MAX_OPEN = 1000;
const MAX_CSEQ = 2 ** 31 - 1;

/** What the header lines of a request by hand say. */
interface Head {
  from: LocalParty | undefined;
  to: LocalParty | undefined;
  callId: string | undefined;
  cseq: number | undefined;
  contentType: string | undefined;
  readonly routes: string[];
  /** Lines that leave as they are. */
  rest: string;
}

/** The transactions of one engine, by hand. */
export class HandmadeTransactions implements TransactionPort {
  readonly #transactions: TransactionLayer;
  readonly #transport: TransportLayer;
  readonly #statistics: Engine["statistics"];
  readonly #open = new Map<string, LocalTransaction>();

  constructor({ transactions, transport, statistics }: Pick<Engine, "transactions" | "transport" | "statistics">) {
    this.#transactions = transactions;
    this.#transport = transport;
    this.#statistics = statistics;
  }

  request(parts: HandmadeRequest): Promise<HandmadeResult | HandmadeFault> {
    const request = this.#read(parts);
    if ("fault" in request) return Promise.resolve(request);
    const asked = Promise.withResolvers<HandmadeResult>();
    const { requestUri, routeSet = [], dstUri } = request;
    let key = "";
    const finish = (status: number, response: SipResponse | undefined): void => {
      this.#open.delete(key);
      const contact = response?.nameAddrs(H.Contact);
      const target = contact?.ok === true && status < 300 ? (contact.value[0]?.uri ?? requestUri) : requestUri;
      asked.resolve({
        status,
        reason: response?.reason ?? reasonPhrase(status),
        requestUri: target,
        nextHop: dstUri ?? requestUri,
        routes: routeSet,
        message: response?.text,
      });
    };
    const transaction = this.#transactions.request({
      ...request,
      hook: { localCompleted: (_transaction, status, response) => finish(status, response) },
    });
    if (transaction.method === "INVITE" && this.#open.size < MAX_OPEN) {
      key = openKey(transaction.callId, transaction.cseq);
      this.#open.set(key, transaction);
    }
    return asked.promise;
  }

  cancel(callId: string, cseq: number): boolean {
    const transaction = this.#open.get(openKey(callId, cseq));
    if (transaction === undefined || transaction.isCompleted) return false;
    transaction.cancel();
    return true;
  }

  reply({ hashIndex, label, code, reason, toTag, headers, body }: HandmadeReply): "sent" | "missing" | "refused" {
    const transaction = this.#transactions.byId(hashIndex, label);
    if (transaction === undefined) return "missing";
    const extra = { headers, ...(body === "" ? {} : { body }), ...(toTag === "" ? {} : { toTag }) };
    return transaction.reply(code, reason === "" ? reasonPhrase(code) : reason, extra) ? "sent" : "refused";
  }

  counts(): { readonly current: number; readonly total: number } {
    const count = (name: string): number => this.#statistics.find(`tm:${name}`)?.read() ?? 0;
    return { current: this.#transactions.size, total: count("UAS_transactions") + count("UAC_transactions") };
  }

  #read(parts: HandmadeRequest): LocalRequest | HandmadeFault {
    const { method, requestUri, nextHop, socket, body } = parts;
    if (!isWord(method) || method === "ACK" || method === "CANCEL") return fault("Bad method");
    if (!parseUri(requestUri).ok) return fault("Invalid ruri");
    if (nextHop !== undefined && !parseUri(nextHop).ok) return fault("Invalid next_hop");
    const listener = this.#listener(socket);
    if (listener !== undefined && "fault" in listener) return listener;
    const head = readHead(parts.headers, method);
    if ("fault" in head) return head;
    const { from, to, callId, cseq, contentType, routes, rest } = head;
    if (to === undefined) return fault("To missing");
    if (from === undefined) return fault("From missing");
    if (body !== undefined && body !== "" && contentType === undefined) return fault("Content-Type missing");
    return { method, requestUri, from, to, callId, cseq, routeSet: routes, dstUri: nextHop, listener, headers: rest, contentType, body };
  }

  #listener(socket: string | undefined): Listener | undefined | HandmadeFault {
    if (socket === undefined) return undefined;
    const spec = parseSocket(socket);
    if (!spec.ok) return { code: 404, fault: "Invalid local socket" };
    const { host, port, transport } = spec.value;
    return this.#transport.listenerFor(host, port, transport) ?? { code: 404, fault: "Local socket not found" };
  }
}

function readHead(lines: string, method: string): Head | HandmadeFault {
  const head: Head = { from: undefined, to: undefined, callId: undefined, cseq: undefined, contentType: undefined, routes: [], rest: "" };
  for (const line of lines.split("\r\n")) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    switch (headerIdOf(line.slice(0, colon).trim())) {
      case H.From:
        head.from = partyOf(value);
        if (head.from === undefined) return fault("Bad headers");
        break;
      case H.To:
        head.to = partyOf(value);
        if (head.to === undefined) return fault("Bad headers");
        break;
      case H.CallId:
        if (!isWord(value)) return fault("Bad headers");
        head.callId = value;
        break;
      case H.CSeq: {
        const [number = "", name = ""] = value.split(" ").filter((one) => one !== "");
        if (!/^\d{1,10}$/.test(number) || Number(number) > MAX_CSEQ) return fault("Bad CSeq number");
        if (name !== method) return fault("CSeq method mismatch");
        head.cseq = Number(number);
        break;
      }
      case H.ContentType:
        head.contentType = value;
        break;
      case H.ContentLength:
        return fault("Content-Length disallowed");
      case H.Via:
      case H.MaxForwards:
        return fault("Bad headers");
      case H.Route:
        head.routes.push(value);
        break;
      default:
        head.rest += `${line}\r\n`;
    }
  }
  return head;
}

function partyOf(value: string): LocalParty | undefined {
  const address = parseNameAddr(value);
  if (!address.ok || !parseUri(address.value.uri).ok) return undefined;
  const { uri, tag } = address.value;
  const bracket = value.indexOf(`<${uri}>`);
  return { uri, tag, display: bracket > 0 ? value.slice(0, bracket).trim() : "" };
}

function openKey(callId: string, cseq: number): string {
  return `${cseq} ${callId}`;
}

function isWord(text: string): boolean {
  return text !== "" && !text.includes(" ") && isCleanHeaderText(text);
}

function fault(text: string): HandmadeFault {
  return { code: 400, fault: text };
}

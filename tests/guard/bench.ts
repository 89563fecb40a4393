// One proxy in virtual time behind either door, phones as strict as RFC 3261 12.2 wants them, and somebody who means harm.

import type { Dialog } from "../../src/dialog/index.ts";
import { invariant, silentLog } from "../../src/kit/index.ts";
import { createEngine, type Engine, readSettings, systemHash } from "../../src/server/index.ts";
import { buildReply, parseMessage, SipRequest, SipResponse } from "../../src/sip/index.ts";
import { MemoryNetwork, SeededRandom, TestClock } from "../../src/testing/index.ts";
import { testScript } from "../../src/testing/script.ts";
import type { DatagramHandler, DatagramSocket, DnsClient } from "../../src/transport/index.ts";

export type Door = "typescript" | "script";
export const DOORS: readonly Door[] = ["typescript", "script"];
export const PROXY = "10.0.0.1";
export const A = "10.0.0.2";
export const B = "10.0.0.3";
/** Who means harm. */
export const M = "10.0.0.66";
/** Where A is after its NAT has given it another address. */
export const MOVED = "10.0.0.77";

const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };
const OPTIONS = { explainMemory: 65_536, hashSize: 64, logLevel: "silent" as const };

/** A script that refuses what validate_dialog() finds wrong, as the documentation of that function has it. */
const SCRIPT = `
socket=udp:${PROXY}:5060
loadmodule "proto_udp.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "sipmsgops.so"
loadmodule "dialog.so"
route {
  if (!mf_process_maxfwd_header(10)) { sl_send_reply(483, "Too Many Hops"); exit; }
  $var(routed) = loose_route();
  if (has_totag() || $DLG_status != NULL) {
    if ($var(routed) < 0 && !match_dialog()) {
      if (!is_method("ACK")) sl_send_reply(404, "Not here");
      exit;
    }
    if ($DLG_status != NULL && !validate_dialog()) {
      if (!is_method("ACK")) sl_send_reply(403, "Forged");
      exit;
    }
    t_relay();
    exit;
  }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if ($var(routed) > 0) { sl_send_reply(403, "Preload Route denied"); exit; }
  create_dialog("E");
  record_route();
  t_relay();
}
`;

/** What a phone knows of a call. */
interface PhoneCall {
  readonly localTag: string;
  remoteTag: string;
  /** CSeq of the last request that came. */
  remoteCseq: number;
}

/** A phone. Answers requests inside its calls by itself, as strictly as the RFC allows; INVITEs that begin one are left to the test. */
export class Phone implements DatagramHandler {
  readonly ip: string;
  /** What came, oldest first. */
  readonly requests: SipRequest[] = [];
  readonly responses: SipResponse[] = [];
  readonly calls: Map<string, PhoneCall> = new Map();
  /** Takes everything for good, as somebody would who wants to be taken for somebody else. */
  isAnyone: boolean = false;
  /** Requests that it does not answer. */
  readonly ignored: Set<string> = new Set();
  readonly #sockets = new Map<number, DatagramSocket>();

  constructor(ip: string) {
    this.ip = ip;
  }

  /** @internal */
  use(port: number, socket: DatagramSocket): void {
    this.#sockets.set(port, socket);
  }

  send(text: string, port = 5060): void {
    this.#sockets.get(port)?.send(text, PROXY, 5060, undefined, 0);
  }

  /** How often a method has come. */
  count(method: string): number {
    return this.requests.filter((one) => one.method === method).length;
  }

  datagram(text: string): void {
    const parsed = parseMessage(text);
    invariant(parsed.ok, `what comes to ${this.ip} reads:\n${text}`);
    const message = parsed.value;
    if (message instanceof SipResponse) {
      this.responses.push(message);
      return;
    }
    invariant(message instanceof SipRequest, "a message is one of the two");
    this.requests.push(message);
    const { method } = message;
    if (method === "ACK" || this.ignored.has(method)) return;
    if (method === "INVITE" && message.toTag === "" && !this.isAnyone) return;
    this.answer(message, this.#judge(message));
  }

  /** Answers a request that came. */
  answer(
    request: SipRequest,
    status: number,
    parts: { toTag?: string; headers?: string; body?: string; port?: number; isBare?: boolean } = {},
  ): void {
    const isDialogForming = parts.isBare !== true && status < 300 && (request.method === "INVITE" || request.method === "UPDATE");
    const body = parts.body ?? (request.method === "INVITE" && status >= 200 && status < 300 ? sdpOf(this.ip) : undefined);
    const text = buildReply(request, {
      status,
      recordRoute: true,
      headers: `${isDialogForming ? `Contact: <sip:${this.ip}:5060>\r\n` : ""}${parts.headers ?? ""}`,
      ...(parts.toTag === undefined ? {} : { toTag: parts.toTag }),
      ...(body === undefined ? {} : { body, contentType: "application/sdp" }),
    });
    this.send(text, parts.port);
  }

  /** 481 for a stranger's call, 500 for a number that is not higher than the last one (12.2.2). */
  #judge(request: SipRequest): number {
    if (this.isAnyone) return 200;
    const call = this.calls.get(request.callId);
    if (request.method === "CANCEL") return 200;
    if (call === undefined || request.toTag !== call.localTag || request.fromTag !== call.remoteTag) return 481;
    if (request.cseqNumber <= call.remoteCseq) return 500;
    call.remoteCseq = request.cseqNumber;
    if (request.method === "BYE") this.calls.delete(request.callId);
    return 200;
  }

  sendFailed(): void {}
  failed(): void {}
}

export function sdpOf(ip: string, version = 1): string {
  return `v=0\r\no=- 1 ${version} IN IP4 ${ip}\r\ns=-\r\nc=IN IP4 ${ip}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;
}

/** Everything a test stands on. */
export class Bench {
  readonly door: Door;
  readonly clock: TestClock;
  readonly network: MemoryNetwork;
  readonly engine: Engine;
  readonly a: Phone = new Phone(A);
  readonly b: Phone = new Phone(B);
  readonly m: Phone = new Phone(M);
  readonly moved: Phone = new Phone(MOVED);
  #branches = 0;
  #calls = 0;

  constructor(door: Door, clock: TestClock, network: MemoryNetwork, engine: Engine) {
    this.door = door;
    this.clock = clock;
    this.network = network;
    this.engine = engine;
    this.m.isAnyone = true;
  }

  /** @internal */
  async bind(): Promise<this> {
    for (const phone of [this.a, this.b, this.m, this.moved]) {
      for (const port of [5060, 5062]) {
        phone.use(port, await this.network.bindDatagram({ ip: phone.ip, port, receiveBuffer: 1 << 20 }, phone));
      }
    }
    return this;
  }

  /** Sends and lets everything that follows at once happen. */
  send(from: Phone, text: string, port = 5060): void {
    from.send(text, port);
    this.clock.advance(5);
  }

  branch(): string {
    this.#branches++;
    return `z9hG4bK-${this.#branches}`;
  }

  /** A call that has got so far. */
  call(stage: Stage = "talking"): TestCall {
    this.#calls++;
    const call = new TestCall(this, `Call-${this.#calls}@${A}`);
    call.begin(stage);
    return call;
  }
}

/** How far a call has got: its INVITE has come to the callee, it rings, is answered and not acknowledged, or has had requests in both directions. */
export type Stage = "invited" | "early" | "answered" | "talking";

/** What a request inside a call says. All of it can be wrong. */
export interface Said {
  readonly method: string;
  readonly cseq: number;
  readonly callId?: string;
  readonly fromTag?: string;
  readonly toTag?: string;
  readonly uri?: string;
  /** Values of Route, "" for none. */
  readonly route?: string;
  readonly contact?: string;
  readonly headers?: string;
  readonly body?: string;
  readonly via?: string;
}

/** One call from A to B. */
export class TestCall {
  readonly bench: Bench;
  readonly callId: string;
  /** The proxy's Record-Route as B saw it. */
  recordRoute = "";
  /** The INVITE as B got it. */
  invite: SipRequest | undefined = undefined;

  constructor(bench: Bench, callId: string) {
    this.bench = bench;
    this.callId = callId;
  }

  get dialog(): Dialog {
    const dialog = this.bench.engine.dialogs.firstOf(this.callId);
    invariant(dialog !== undefined, "the call is tracked");
    return dialog;
  }

  /** @internal */
  begin(stage: Stage): void {
    const { bench, callId } = this;
    const { a, b } = bench;
    a.calls.set(callId, { localTag: "a", remoteTag: "b", remoteCseq: 0 });
    b.calls.set(callId, { localTag: "b", remoteTag: "a", remoteCseq: 102 });
    bench.send(a, this.text("a", { method: "INVITE", cseq: 102, toTag: "", uri: `sip:${B}:5060`, route: "", body: sdpOf(A) }));
    const invite = b.requests.findLast((one) => one.method === "INVITE" && one.callId === callId);
    invariant(invite !== undefined, "B has got the INVITE");
    this.invite = invite;
    this.recordRoute = invite.header("Record-Route") ?? "";
    if (stage === "invited") return;
    this.reply(180);
    if (stage === "early") return;
    this.reply(200);
    if (stage === "answered") return;
    this.from("a", { method: "ACK", cseq: 102 });
    this.from("a", { method: "INFO", cseq: 103 });
    this.from("b", { method: "INFO", cseq: 7 });
  }

  /** B answers the INVITE. */
  reply(status: number, headers = ""): void {
    const { bench, invite } = this;
    if (invite !== undefined) bench.b.answer(invite, status, { toTag: "b", headers });
    bench.clock.advance(5);
  }

  /** A request that a side sends as it should, except for what is said otherwise. */
  from(side: "a" | "b", said: Said, phone: Phone = this.bench[side], port = 5060): void {
    this.bench.send(phone, this.text(side, said, phone.ip), port);
  }

  /** Its text. @param ip - what its Via says */
  text(side: "a" | "b", said: Said, ip: string = side === "a" ? A : B): string {
    const { method, cseq, body = "" } = said;
    const [own, other] = side === "a" ? [A, B] : [B, A];
    const toTag = said.toTag ?? (side === "a" ? "b" : "a");
    const route = said.route ?? this.recordRoute;
    return [
      `${method} ${said.uri ?? `sip:${other}:5060`} SIP/2.0`,
      said.via ?? `Via: SIP/2.0/UDP ${ip}:5060;branch=${this.bench.branch()};rport`,
      "Max-Forwards: 70",
      ...(route === "" ? [] : [`Route: ${route}`]),
      `From: <sip:${own}>${tag(said.fromTag ?? side)}`,
      `To: <sip:${other}>${tag(toTag)}`,
      `Call-ID: ${said.callId ?? this.callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: ${said.contact ?? `<sip:${own}:5060>`}`,
      ...(said.headers === undefined ? [] : [said.headers]),
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  }

  /** All that a forged request could change. */
  snapshot(): unknown {
    const { dialog } = this;
    const leg = (one: Dialog["callerLeg"]): unknown => {
      const { tag: tagOf, cseq, previousCseq, inviteCseq, lastMethod, remoteTarget, routeSet, receivedSdp, sentSdp, sourceIp } = one;
      return { tagOf, cseq, previousCseq, inviteCseq, lastMethod, remoteTarget, routeSet, receivedSdp, sentSdp, sourceIp };
    };
    const { state, endReason, hasBye, wasCancelled, isRaced, isEnding } = dialog.life;
    return {
      state,
      endReason,
      hasBye,
      wasCancelled,
      isRaced,
      isEnding,
      legs: [dialog.callerLeg, ...dialog.calleeLegs].map(leg),
      lifetimeMs: dialog.lifetimeMs,
      flags: dialog.flags,
    };
  }
}

function tag(value: string): string {
  return value === "" ? "" : `;tag=${value}`;
}

/** Opens a proxy behind a door, with its phones. */
export async function openBench(door: Door): Promise<Bench> {
  if (door === "script") {
    const script = await testScript(SCRIPT, { options: OPTIONS });
    return new Bench(door, script.clock, script.network, script.engine).bind();
  }
  const clock = new TestClock();
  const random = new SeededRandom(1);
  const network = new MemoryNetwork({ clock, random: random.fork(), interfaces: [{ name: "eth0", ip: PROXY, family: 4 }] });
  const engine = createEngine({
    clock,
    alarm: clock,
    defer: clock.defer,
    random: random.fork(),
    digest: systemHash,
    network,
    dns: NO_DNS,
    hosts: "",
    log: silentLog,
    settings: readSettings({ listen: [`udp:${PROXY}:5060`], ...OPTIONS }),
  });
  clock.wakes(() => engine.timers.run());
  engine.app.invite((call) => {
    call.track({ endOnRace: true });
    return call.relay();
  });
  await engine.start();
  return new Bench(door, clock, network, engine).bind();
}

// Complete calls through an engine on a network that takes datagrams and does nothing: INVITE, 180, 200, ACK, BYE, 200 with a tracked dialog,
// two profiles and a variable. The other side's messages are made outside the measured time.

import { bytesOf, silentLog } from "../src/kit/index.ts";
import {
  createEngine,
  type DialoomOptions,
  type Engine,
  readSettings,
  SystemAlarm,
  SystemClock,
  SystemRandom,
  systemHash,
} from "../src/server/index.ts";
import type { DatagramBinding, DatagramHandler, DatagramSocket, DnsClient, Network } from "../src/transport/index.ts";

const SDP = `v=0\r\no=user 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 9 101\r\n${"a=rtpmap:0 PCMU/8000\r\n".repeat(9)}`;
const NO_DNS: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

/** An engine and both user agents. */
export class WholeCalls {
  readonly engine: Engine;
  /** Messages that came in and went out so far. */
  messages = 0;
  readonly #alarm: SystemAlarm;
  readonly #writesBytes: boolean;
  #arrive: DatagramHandler | undefined = undefined;
  #sent: string[] = [];
  #spentUs = 0;
  #next = 0;

  /** @param writesBytes - each datagram is turned into bytes, as a socket would */
  constructor(options: DialoomOptions = {}, writesBytes = false) {
    this.#writesBytes = writesBytes;
    const clock = new SystemClock();
    this.#alarm = new SystemAlarm(clock);
    this.engine = createEngine({
      clock,
      alarm: this.#alarm,
      defer: (run) => setImmediate(run),
      random: new SystemRandom(),
      digest: systemHash,
      network: this.#network(),
      dns: NO_DNS,
      hosts: "",
      log: silentLog,
      settings: readSettings({ listen: ["udp:127.0.0.1:5060"], profiles: [{ name: "calls", withValue: false }, "caller"], ...options }),
    });
    this.#alarm.wakes(() => this.engine.timers.run());
    const { app } = this.engine;
    const calls = app.profile("calls");
    const caller = app.profile("caller");
    app.invite((call) => {
      const user = call.from.uri.user ?? "";
      const dialog = call.track({ lifetime: "1h" });
      dialog.link(calls);
      dialog.link(caller, user);
      dialog.set("account", user);
      call.relay("sip:127.0.0.1:5080");
    });
  }

  /** Binds the sockets there are not. */
  async open(): Promise<this> {
    await this.engine.start();
    return this;
  }

  async close(): Promise<void> {
    await this.engine.stop();
    this.#alarm.close();
  }

  /** So many calls from INVITE to the end. @returns µs of CPU for each */
  run(count: number): number {
    this.#spentUs = 0;
    const oks = this.#answered(count);
    this.#pass(
      oks.map((one) => within(one, "ACK", 1)),
      5071,
    );
    const byes = this.#pass(
      oks.map((one) => within(one, "BYE", 2)),
      5071,
    );
    const done = this.#pass(
      byes.map((one) => replyTo(one, "200 OK", "")),
      5080,
    );
    if (done.length !== count) throw new Error(`${done.length} of ${count} calls ended`);
    return this.#spentUs / count;
  }

  /** So many calls that stay. */
  hold(count: number): void {
    this.#pass(
      this.#answered(count).map((one) => within(one, "ACK", 1)),
      5071,
    );
  }

  /** @returns the 200s as the callers get them */
  #answered(count: number): readonly string[] {
    const invites = Array.from({ length: count }, () => inviteOf(this.#next++));
    const forwarded = this.#pass(invites, 5071);
    this.#pass(
      forwarded.map((one) => replyTo(one, "180 Ringing", "")),
      5080,
    );
    return this.#pass(
      forwarded.map((one) => replyTo(one, "200 OK", SDP)),
      5080,
    );
  }

  /** Lets the messages arrive, one turn each, and measures. @returns what left */
  #pass(messages: readonly string[], port: number): readonly string[] {
    this.#sent = [];
    const handler = this.#arrive;
    const { outbox } = this.engine;
    const start = process.cpuUsage();
    for (const message of messages) {
      handler?.datagram(message, "127.0.0.1", port);
      outbox.flush();
    }
    const { user, system } = process.cpuUsage(start);
    this.#spentUs += user + system;
    this.messages += messages.length + this.#sent.length;
    return this.#sent;
  }

  #network(): Network {
    const socket = (at: DatagramBinding): DatagramSocket => ({
      ip: at.ip,
      port: at.port,
      queuedBytes: 0,
      receiveBuffer: 0,
      send: (text) => {
        this.#sent.push(text);
        if (this.#writesBytes) bytesOf(text);
      },
      close: () => {},
    });
    return {
      bindDatagram: (at, on) => {
        this.#arrive = on;
        return Promise.resolve(socket(at));
      },
      listenStream: () => Promise.reject(new Error("no streams here")),
      connectStream: () => {
        throw new Error("no streams here");
      },
      interfaces: () => [{ name: "lo", ip: "127.0.0.1", family: 4 }],
      lookup: () => Promise.resolve([]),
    };
  }
}

/** The datagrams of the network are flat strings of their own, as those of a socket are. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function inviteOf(n: number): string {
  return flat(
    [
      "INVITE sip:callee@bench.invalid SIP/2.0",
      `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-1234-${n}-0`,
      `From: "alice" <sip:alice@bench.invalid>;tag=1234c${n}`,
      "To: <sip:callee@bench.invalid>",
      `Call-ID: ${n}-1234@127.0.0.1`,
      "CSeq: 1 INVITE",
      "Contact: <sip:alice@127.0.0.1:5071>",
      "Max-Forwards: 70",
      "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE",
      "User-Agent: SIPp",
      "Content-Type: application/sdp",
      `Content-Length: ${SDP.length}`,
      "",
      SDP,
    ].join("\r\n"),
  );
}

function lines(text: string, ...names: readonly string[]): string[] {
  return text.split("\r\n").filter((line) => names.some((name) => line.startsWith(`${name}:`)));
}

function replyTo(request: string, status: string, body: string): string {
  const to = lines(request, "To").map((line) =>
    line.includes(";tag=") ? line : `${line};tag=callee${lines(request, "Call-ID").join("")}`.replace("Call-ID: ", ""),
  );
  return flat(
    [
      `SIP/2.0 ${status}`,
      ...lines(request, "Via", "Record-Route", "From"),
      ...to,
      ...lines(request, "Call-ID", "CSeq"),
      "Contact: <sip:callee@127.0.0.1:5080>",
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n"),
  );
}

function within(ok: string, method: string, cseq: number): string {
  return flat(
    [
      `${method} sip:callee@127.0.0.1:5080 SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bK-${method}${lines(ok, "Call-ID").join("").slice(9)}`,
      ...lines(ok, "Record-Route").map((line) => line.replace("Record-Route", "Route")),
      ...lines(ok, "From", "To", "Call-ID"),
      `CSeq: ${cseq} ${method}`,
      "Max-Forwards: 70",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  );
}

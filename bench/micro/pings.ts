// 100,000 live calls of which both sides are pinged every 30 s: the CPU that takes, as a share of one core, the memory of a call, and the longest
// turn. Half of the calls are pinged by OPTIONS, half by re-INVITE; every ping is answered. Time in which nothing is to be done is skipped; the
// other side's messages are made outside the measured time, and the network takes datagrams and does nothing.
//
//   node --max-semi-space-size=8 bench/micro/pings.ts [calls] [seconds]

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Alarm, type Clock, silentLog } from "../../src/kit/index.ts";
import { createEngine, readSettings, SystemRandom, systemHash } from "../../src/server/index.ts";
import type { DatagramBinding, DatagramHandler, DatagramSocket, DnsClient, Network } from "../../src/transport/index.ts";

const CALLS = Number(process.argv[2] ?? 100_000);
const SECONDS = Number(process.argv[3] ?? 60);
const INTERVAL_S = 30;
const CALLER = 5071;
const CALLEE = 5080;
const SDP = `v=0\r\no=user 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 9 101\r\n${"a=rtpmap:0 PCMU/8000\r\n".repeat(9)}`;

/** Runs with the processor while the engine works, and stands still or jumps otherwise. */
class SkippingClock implements Clock, Alarm {
  readonly #epoch = Date.now();
  #base = 0;
  #since = Number.NaN;
  /** When the engine wants to be woken. */
  wakeAt = Number.POSITIVE_INFINITY;

  now(): number {
    return this.#epoch + this.monotonic();
  }

  monotonic(): number {
    return Number.isNaN(this.#since) ? this.#base : this.#base + performance.now() - this.#since;
  }

  set(at: number): void {
    this.wakeAt = at;
  }

  start(): void {
    this.#since = performance.now();
  }

  stop(): void {
    this.#base = this.monotonic();
    this.#since = Number.NaN;
  }

  /** Nothing is to be done before then. */
  skipTo(at: number): void {
    this.#base = Math.max(this.#base, at);
  }
}

interface Sent {
  readonly text: string;
  readonly port: number;
}

let arrive: DatagramHandler | undefined;
let sent: Sent[] = [];
const socket = (at: DatagramBinding): DatagramSocket => ({
  ip: at.ip,
  port: at.port,
  queuedBytes: 0,
  receiveBuffer: 0,
  send: (text, _ip, port) => {
    sent.push({ text, port });
  },
  close: () => {},
});
const network: Network = {
  bindDatagram: (at, on) => {
    arrive = on;
    return Promise.resolve(socket(at));
  },
  listenStream: () => Promise.reject(new Error("no streams here")),
  connectStream: () => {
    throw new Error("no streams here");
  },
  interfaces: () => [{ name: "lo", ip: "127.0.0.1", family: 4 }],
  lookup: () => Promise.resolve([]),
};
const dns: DnsClient = { query: (_name, _type, done) => done({ kind: "nothing" }), close: () => {} };

const clock = new SkippingClock();
let deferred: (() => void)[] = [];
const engine = createEngine({
  clock,
  alarm: clock,
  defer: (run) => {
    deferred.push(run);
  },
  random: new SystemRandom(),
  digest: systemHash,
  network,
  dns,
  hosts: "",
  log: silentLog,
  settings: readSettings({ listen: ["udp:127.0.0.1:5060"], optionsPingInterval: INTERVAL_S, reinvitePingInterval: INTERVAL_S }),
});
let placed = 0;
engine.app.invite((call) => {
  call.track({ lifetime: "6h", ping: placed % 2 === 0 ? "options" : "reinvite" });
  call.relay(`sip:127.0.0.1:${CALLEE}`);
});
await engine.start();

let spentMs = 0;
let longestMs = 0;

/** One turn of the engine, measured. */
function turn(work: () => void): void {
  const before = process.threadCpuUsage();
  clock.start();
  work();
  clock.stop();
  const { user, system } = process.threadCpuUsage(before);
  const ms = (user + system) / 1000;
  spentMs += ms;
  longestMs = Math.max(longestMs, ms);
}

/** Everything that is to be done at this moment; whoever got a request answers it. */
function settle(): void {
  for (;;) {
    if (deferred.length > 0) {
      const round = deferred;
      deferred = [];
      turn(() => {
        for (const run of round) run();
      });
    } else if (clock.wakeAt <= clock.monotonic()) {
      clock.wakeAt = Number.POSITIVE_INFINITY;
      turn(() => engine.timers.run());
    } else if (sent.length > 0) {
      const requests = sent.filter(({ text }) => isPing(text));
      sent = [];
      for (const { text, port } of requests) {
        const answer = replyTo(text, port, text.startsWith("INVITE ") ? SDP : "");
        turn(() => arrive?.datagram(answer, "127.0.0.1", port));
      }
      pings += requests.length;
    } else return;
  }
}

/** Lets so much time pass. */
function pass(seconds: number): void {
  const until = clock.monotonic() + seconds * 1000;
  for (;;) {
    settle();
    if (clock.wakeAt > until) break;
    clock.skipTo(clock.wakeAt);
  }
  clock.skipTo(until);
}

let pings = 0;

function isPing(text: string): boolean {
  return text.startsWith("OPTIONS ") || (text.startsWith("INVITE ") && !text.includes("Record-Route:"));
}

/** The datagrams of the network are flat strings of their own, as those of a socket are. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function line(text: string, name: string): string {
  const at = text.indexOf(`\r\n${name}: `) + 2;
  return at < 2 ? "" : text.slice(at, text.indexOf("\r\n", at) + 2);
}

function vias(text: string): string {
  let out = "";
  for (let at = text.indexOf("\r\nVia: "); at >= 0; at = text.indexOf("\r\nVia: ", at + 2))
    out += text.slice(at + 2, text.indexOf("\r\n", at + 2) + 2);
  return out;
}

function replyTo(text: string, port: number, body: string, tag = ""): string {
  const to = line(text, "To");
  return flat(
    `SIP/2.0 200 OK\r\n${vias(text)}${line(text, "Record-Route")}${line(text, "From")}${tag === "" ? to : to.replace("\r\n", `;tag=${tag}\r\n`)}` +
      `${line(text, "Call-ID")}${line(text, "CSeq")}Contact: <sip:user@127.0.0.1:${port}>\r\n` +
      `${body === "" ? "" : "Content-Type: application/sdp\r\n"}Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** INVITE, 200, ACK: a call that stays. */
function place(): void {
  const n = placed;
  const invite = flat(
    `INVITE sip:callee@bench.invalid SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${CALLER};branch=z9hG4bK-i-${n}\r\nFrom: "alice" <sip:alice@bench.invalid>;tag=a${n}\r\n` +
      `To: <sip:callee@bench.invalid>\r\nCall-ID: ${n}-1234@127.0.0.1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@127.0.0.1:${CALLER}>\r\nMax-Forwards: 70\r\n` +
      `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
  );
  const ask = (text: string, port: number, method: string): string => {
    turn(() => {
      arrive?.datagram(text, "127.0.0.1", port);
      engine.outbox.flush();
    });
    const found = sent.find((one) => one.text.startsWith(method))?.text ?? "";
    sent = sent.filter((one) => one.text !== found);
    return found;
  };
  const forwarded = ask(invite, CALLER, "INVITE ");
  placed++;
  const ok = ask(replyTo(forwarded, CALLEE, SDP, `b${n}`), CALLEE, "SIP/2.0 200");
  const ack = flat(
    `ACK sip:user@127.0.0.1:${CALLEE} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${CALLER};branch=z9hG4bK-a-${n}\r\n${line(ok, "Record-Route").replace("Record-", "")}` +
      `${line(ok, "From")}${line(ok, "To")}${line(ok, "Call-ID")}CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
  );
  ask(ack, CALLER, "ACK ");
}

setFlagsFromString("--expose-gc");
const collect: unknown = runInNewContext("gc");
function memory(): { readonly heap: number; readonly buffers: number } {
  if (typeof collect === "function") collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

// calls come over one interval, so that their pings do not fall due together
const WARM_UP = Math.min(2_000, CALLS);
const perSecond = Math.ceil(CALLS / INTERVAL_S);
for (let i = 0; i < WARM_UP; i++) place();
pass(1);
const before = memory();
while (placed < CALLS + WARM_UP) {
  for (let i = 0; i < perSecond && placed < CALLS + WARM_UP; i++) place();
  pass(1);
}
pass(INTERVAL_S * 1.5);
if (engine.dialogs.active !== placed) throw new Error(`${engine.dialogs.active} of ${placed} calls are there`);

const held = memory();
pings = 0;
spentMs = 0;
longestMs = 0;
const began = clock.monotonic();
pass(SECONDS);
const elapsedMs = clock.monotonic() - began;
const after = memory();
const lost = engine.statistics.find("dialog:lost_pings")?.read() ?? Number.NaN;
if (engine.dialogs.active !== placed || lost !== 0)
  throw new Error(`${engine.dialogs.active} of ${placed} calls are left, ${lost} pings were lost`);

const kilobytes = (bytes: number): string => (bytes / 1024).toFixed(2);
console.log(
  `${placed.toLocaleString("en-US")} calls, both sides pinged every ${INTERVAL_S} s, half by OPTIONS, half by re-INVITE, for ${SECONDS} s`,
);
console.log(
  `${pings.toLocaleString("en-US")} pings, ${Math.round((pings / elapsedMs) * 1000).toLocaleString("en-US")} a second, all answered`,
);
console.log(
  `CPU, our code only: ${((100 * spentMs) / elapsedMs).toFixed(1)} % of a core, ${((1000 * spentMs) / pings).toFixed(1)} µs a ping and its answer`,
);
console.log(`longest turn: ${longestMs.toFixed(1)} ms of CPU`);
console.log(
  `memory of a call: ${kilobytes((held.heap - before.heap) / CALLS)} KB of heap with its pings, ${kilobytes((after.heap - held.heap) / CALLS)} KB more after them; ` +
    `rings ${(after.buffers / 2 ** 20).toFixed(1)} MB for all`,
);

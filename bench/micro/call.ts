// What a complete call costs in our own code: INVITE, 180, 200, ACK, BYE, 200 through the whole engine with a tracked dialog, two profiles
// and a variable, on a network that takes datagrams and does nothing. The other side's messages are made outside the measured time.
//
//   node --max-semi-space-size=8 bench/micro/call.ts [calls in thousands]

import { silentLog } from "../../src/kit/index.ts";
import { createEngine, readSettings, SystemAlarm, SystemClock, SystemRandom, systemHash } from "../../src/server/index.ts";
import type { DatagramBinding, DatagramHandler, DatagramSocket, DnsClient, Network } from "../../src/transport/index.ts";

const BATCH = 200;
const BATCHES = Number(process.argv[2] ?? 20) * 5;

let arrive: DatagramHandler | undefined;
let sent: string[] = [];

const socket = (at: DatagramBinding): DatagramSocket => ({
  ip: at.ip,
  port: at.port,
  queuedBytes: 0,
  receiveBuffer: 0,
  send: (text) => {
    sent.push(text);
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

const clock = new SystemClock();
const alarm = new SystemAlarm(clock);
const engine = createEngine({
  clock,
  alarm,
  defer: (run) => setImmediate(run),
  random: new SystemRandom(),
  digest: systemHash,
  network,
  dns,
  hosts: "",
  log: silentLog,
  settings: readSettings({ listen: ["udp:127.0.0.1:5060"], profiles: [{ name: "calls", withValue: false }, "caller"] }),
});
alarm.wakes(() => engine.timers.run());
const { app } = engine;
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
await engine.start();

const sdp = `v=0\r\no=user 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 8 9 101\r\n${"a=rtpmap:0 PCMU/8000\r\n".repeat(9)}`;

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
      `Content-Length: ${sdp.length}`,
      "",
      sdp,
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

let spentUs = 0;

/** Lets the messages arrive, one turn each, and measures. @returns what left */
function pass(messages: readonly string[], port: number): string[] {
  sent = [];
  const handler = arrive;
  const start = process.cpuUsage();
  for (const message of messages) {
    handler?.datagram(message, "127.0.0.1", port);
    engine.outbox.flush();
  }
  const { user, system } = process.cpuUsage(start);
  spentUs += user + system;
  return sent;
}

let next = 0;
function batch(): void {
  const invites = Array.from({ length: BATCH }, () => inviteOf(next++));
  const forwarded = pass(invites, 5071);
  pass(
    forwarded.map((one) => replyTo(one, "180 Ringing", "")),
    5080,
  );
  const oks = pass(
    forwarded.map((one) => replyTo(one, "200 OK", sdp)),
    5080,
  );
  pass(
    oks.map((one) => within(one, "ACK", 1)),
    5071,
  );
  const byes = pass(
    oks.map((one) => within(one, "BYE", 2)),
    5071,
  );
  const done = pass(
    byes.map((one) => replyTo(one, "200 OK", "")),
    5080,
  );
  if (done.length !== BATCH) throw new Error(`${done.length} of ${BATCH} calls ended`);
}

const figures: number[] = [];
for (let i = 0; i < BATCHES; i++) {
  spentUs = 0;
  batch();
  figures.push(spentUs / BATCH);
  await new Promise((resolve) => setImmediate(resolve)); // timers run here
}
const warm = figures.slice(Math.floor(figures.length / 3)).sort((a, b) => a - b);
const median = warm[Math.floor(warm.length / 2)] ?? 0;
console.log(`complete call, our code only: ${median.toFixed(1)} µs CPU (median of ${warm.length} batches of ${BATCH} calls)`);
await engine.stop();
alarm.close();

// Caller and callee of the latency part in one process with one clock. SIPp cannot do this: it reads a clock that the
// kernel moves every 4 ms. What this process itself adds is in the run without a proxy too, and so drops out.
//
//   node bench/prober.ts --to PORT --caller PORT --callee PORT --rate 500 --seconds 20 --warm 5
//
// Prints one line of JSON: percentiles in milliseconds. Nothing is ever sent twice; a call that stays open is lost.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { percentile } from "./figures.ts";
import { HOST } from "./ports.ts";

/** Percentiles of one kind of answer, milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What the prober prints. */
export interface ProbeReport {
  readonly calls: number;
  readonly lost: number;
  /** INVITE to 180, INVITE to 200, BYE to 200. */
  readonly ringing: Latency;
  readonly answer: Latency;
  readonly hangUp: Latency;
}

const HOLD_MS = 1_000;
const TICK_MS = 1;
const SDP = [
  "v=0",
  `o=prober 3831642907 3831642907 IN IP4 ${HOST}`,
  "s=bench call",
  `c=IN IP4 ${HOST}`,
  "b=AS:80",
  "t=0 0",
  "m=audio 6004 RTP/AVP 8 0 9 101",
  "a=rtpmap:8 PCMA/8000",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:9 G722/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=ptime:20",
  "a=maxptime:150",
  "a=rtcp-mux",
  "",
].join("\r\n");

const { values: args } = parseArgs({
  options: {
    to: { type: "string", default: "5060" },
    caller: { type: "string", default: "5070" },
    callee: { type: "string", default: "5080" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string", default: "20" },
    warm: { type: "string", default: "5" },
  },
});
const target = Number(args.to);
const rate = Number(args.rate);
const warmCalls = rate * Number(args.warm);
const totalCalls = warmCalls + rate * Number(args.seconds);
const callerAddress = `${HOST}:${args.caller}`;
const calleeAddress = `${HOST}:${args.callee}`;

// One slot a call, from birth; the Call-ID begins with its number.
const invitedAt = new Float64Array(totalCalls);
const ringing = new Float64Array(totalCalls).fill(Number.NaN);
const answer = new Float64Array(totalCalls).fill(Number.NaN);
const hungUpAt = new Float64Array(totalCalls);
const hangUp = new Float64Array(totalCalls).fill(Number.NaN);
const hangUps: { readonly call: number; readonly at: number; readonly bye: string }[] = [];

// The default lookup of node:dgram puts every send off by a turn of the loop.
const lookup = (host: string, _options: unknown, done: (error: null, address: string, family: number) => void): void => {
  done(null, host, 4);
};
const caller = createSocket({ type: "udp4", recvBufferSize: 4_000_000, lookup });
const callee = createSocket({ type: "udp4", recvBufferSize: 4_000_000, lookup });

function inviteOf(call: number): string {
  return (
    `INVITE sip:callee@bench.invalid SIP/2.0\r\nVia: SIP/2.0/UDP ${callerAddress};branch=z9hG4bKi${call}\r\n` +
    `From: "user${call % 1000}" <sip:user${call % 1000}@bench.invalid>;tag=c${call}\r\nTo: <sip:callee@bench.invalid>\r\n` +
    `Call-ID: ${call}-5f0c2a9e41b7@${HOST}\r\nCSeq: 1 INVITE\r\nContact: <sip:user@${callerAddress}>\r\nMax-Forwards: 70\r\n` +
    `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE\r\nUser-Agent: prober\r\nContent-Type: application/sdp\r\n` +
    `Content-Length: ${SDP.length}\r\n\r\n${SDP}`
  );
}

/** All lines of a header, as they came, each with its line end; empty when there is none. */
function lines(text: string, name: string): string {
  let found = "";
  for (let at = text.indexOf(`\r\n${name}: `); at >= 0; at = text.indexOf(`\r\n${name}: `, at)) {
    const end = text.indexOf("\r\n", at + 2);
    found += text.slice(at + 2, end + 2);
    at = end;
  }
  return found;
}

function sequential(method: "ACK" | "BYE", cseq: number, call: number, response: string): string {
  const routes = lines(response, "Record-Route").replaceAll("Record-Route: ", "Route: ");
  return (
    `${method} sip:callee@${calleeAddress} SIP/2.0\r\nVia: SIP/2.0/UDP ${callerAddress};branch=z9hG4bK${method}${call}\r\n` +
    `${routes}${lines(response, "From")}${lines(response, "To")}${lines(response, "Call-ID")}` +
    `CSeq: ${cseq} ${method}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`
  );
}

function onCallerMessage(data: Buffer): void {
  const now = performance.now();
  const text = data.latin1Slice(0, data.length);
  const call = Number.parseInt(text.slice(text.indexOf("\r\nCall-ID: ") + 11), 10);
  const status = text.slice(8, 11);
  if (!(call >= 0 && call < totalCalls) || status === "100") return;
  const isBye = text.includes(" BYE\r\n");
  if (isBye) {
    if (status === "200" && Number.isNaN(hangUp[call])) hangUp[call] = now - (hungUpAt[call] ?? now);
  } else if (status === "180") {
    if (Number.isNaN(ringing[call])) ringing[call] = now - (invitedAt[call] ?? now);
  } else if (status === "200" && Number.isNaN(answer[call])) {
    answer[call] = now - (invitedAt[call] ?? now);
    caller.send(sequential("ACK", 1, call, text), target, HOST);
    hangUps.push({ call, at: now + HOLD_MS, bye: sequential("BYE", 2, call, text) });
  }
}

function onCalleeMessage(data: Buffer, from: RemoteInfo): void {
  const text = data.latin1Slice(0, data.length);
  const common = `${lines(text, "Via")}${lines(text, "Record-Route")}${lines(text, "From")}`;
  const rest = `${lines(text, "Call-ID")}${lines(text, "CSeq")}`;
  const to = lines(text, "To");
  if (text.startsWith("BYE ")) {
    callee.send(`SIP/2.0 200 OK\r\n${common}${to}${rest}Content-Length: 0\r\n\r\n`, from.port, HOST);
  } else if (text.startsWith("INVITE ")) {
    const tagged = `${to.slice(0, -2)};tag=s\r\n`;
    const contact = `Contact: <sip:callee@${calleeAddress}>\r\n`;
    callee.send(`SIP/2.0 180 Ringing\r\n${common}${tagged}${rest}${contact}Content-Length: 0\r\n\r\n`, from.port, HOST);
    callee.send(
      `SIP/2.0 200 OK\r\n${common}${tagged}${rest}${contact}Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
      from.port,
      HOST,
    );
  }
}

async function bind(socket: Socket, port: string): Promise<void> {
  const listening = once(socket, "listening"); // with a lookup that answers at once, so does bind()
  socket.bind(Number(port), HOST);
  await listening;
}

/** Places the calls one by one, evenly, and hangs up those whose second is over. */
function run(done: () => void): void {
  const start = performance.now();
  let placed = 0;
  let ended = 0;
  let idleTicks = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    const due = Math.min(totalCalls, Math.floor(((now - start) / 1000) * rate));
    for (; placed < due; placed++) {
      invitedAt[placed] = performance.now();
      caller.send(inviteOf(placed), target, HOST);
    }
    for (let next = hangUps[ended]; next !== undefined && next.at <= now; next = hangUps[++ended]) {
      hungUpAt[next.call] = performance.now();
      caller.send(next.bye, target, HOST);
    }
    if (placed === totalCalls && ended === hangUps.length && ++idleTicks > (HOLD_MS * 2) / TICK_MS) {
      clearInterval(timer);
      done();
    }
  }, TICK_MS);
}

function latency(samples: Float64Array): Latency {
  const sorted = samples
    .slice(warmCalls)
    .filter((sample) => !Number.isNaN(sample))
    .sort();
  const at = (share: number): number => Math.round(percentile(sorted, share) * 1000) / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

caller.on("message", onCallerMessage);
callee.on("message", onCalleeMessage);
await bind(caller, args.caller);
await bind(callee, args.callee);
await new Promise<void>((done) => run(done));
const report: ProbeReport = {
  calls: totalCalls - warmCalls,
  lost: hangUp.slice(warmCalls).filter((sample) => Number.isNaN(sample)).length,
  ringing: latency(ringing),
  answer: latency(answer),
  hangUp: latency(hangUp),
};
console.log(JSON.stringify(report));
caller.close();
callee.close();

// What the transactions of one call cost without parsing, editing and sending: INVITE/200/ACK and BYE/200, two server and
// two client transactions, their timers included. Messages are parsed beforehand; the transport takes everything and does nothing.
// Run: node bench/micro/transaction.ts

import { performance } from "node:perf_hooks";
import { type Alarm, type Clock, SipHash, Statistics, silentLog, Timers } from "../../src/kit/index.ts";
import { parseMessage, type SipRequest, type SipResponse } from "../../src/sip/index.ts";
import { type ClientTransaction, type ServerTransaction, TRANSACTION_DEFAULTS, TransactionLayer } from "../../src/transaction/index.ts";
import { type Destination, type Listener, ReplyTarget, type Source } from "../../src/transport/index.ts";

const CALLS = 4_000;
const ROUNDS = 12;

const listener: Listener = {
  index: 0,
  transport: "udp",
  ip: "10.0.0.1",
  port: 5060,
  family: 4,
  name: "udp:10.0.0.1:5060",
  sentBy: "10.0.0.1",
  uriHost: "10.0.0.1",
  advertisedHost: "10.0.0.1",
  advertisedPort: 5060,
  tag: undefined,
  isReliable: false,
};
const caller: Source = { listener, ip: "10.0.0.2", port: 5060, flow: 0 };
const callee: Source = { listener, ip: "10.0.0.3", port: 5060, flow: 0 };
const toCallee: Destination = { transport: "udp", ip: "10.0.0.3", port: 5060, listener, flow: 0 };

class ManualTime implements Clock, Alarm {
  ms = 0;
  now(): number {
    return this.ms;
  }
  monotonic(): number {
    return this.ms;
  }
  set(): void {}
}

const time = new ManualTime();
const timers = new Timers(time, time, (error) => {
  throw error;
});

let seed = 1;
const layer = new TransactionLayer({
  transport: {
    send: () => "sent",
    replyTarget: (_request, source) => new ReplyTarget(source, source.ip, source.port, "", 0, false),
    respondTo: () => "sent",
    isOurVia: () => true,
    pickListener: () => listener,
  },
  resolver: { resolve: () => [], resolveHost: () => [] },
  clock: time,
  timers,
  random: {
    uint32: () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed;
    },
  },
  statistics: new Statistics(),
  hash: new SipHash([1, 2, 3, 4]),
  log: silentLog,
  settings: TRANSACTION_DEFAULTS,
});

const servers: ServerTransaction[] = [];
const clients: ClientTransaction[] = [];
const user = {
  cancelled: (): void => {},
  terminated: (): void => {},
  failed: (): void => {},
  response: (client: ClientTransaction, response: SipResponse): void => {
    client.server?.respond(response.text, response.status, response, client);
  },
};
layer.user = {
  request: (server) => {
    server.user = user;
    server.establish();
    const branch = layer.newBranch(server, 0, 0x1234_5678);
    const client = layer.client({
      server,
      index: 0,
      method: server.method,
      text: server.request.text,
      branch,
      destination: toCallee,
      user,
    });
    servers.push(server);
    if (client !== undefined) clients.push(client);
  },
  ack: () => {},
  cancel: () => false,
  strayResponse: () => {
    throw new Error("a reply of the benchmark must match");
  },
  malformed: () => {},
  overload: () => {
    throw new Error("the table must not fill up");
  },
};

const PADDING = "User-Agent: Example Phone 5.4.1 (build 20011)\r\nAllow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, INFO\r\n";

function request(method: string, call: string, branch: string, cseq: number, toTag: string): SipRequest {
  const text =
    `${method} sip:bob@10.0.0.3 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${branch}\r\nFrom: <sip:alice@10.0.0.2>;tag=a${call}\r\n` +
    `To: <sip:bob@10.0.0.3>${toTag}\r\nCall-ID: ${call}@10.0.0.2\r\nCSeq: ${cseq} ${method}\r\nMax-Forwards: 70\r\n${PADDING}Content-Length: 0\r\n\r\n`;
  return parsed(text) as SipRequest;
}

function reply(client: ClientTransaction, call: string, cseq: number): SipResponse {
  const text =
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=${client.branch}\r\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK${call}\r\n` +
    `From: <sip:alice@10.0.0.2>;tag=a${call}\r\nTo: <sip:bob@10.0.0.3>;tag=b\r\nCall-ID: ${call}@10.0.0.2\r\nCSeq: ${cseq} ${client.method}\r\n${PADDING}Content-Length: 0\r\n\r\n`;
  return parsed(text) as SipResponse;
}

function parsed(text: string): SipRequest | SipResponse {
  const bytes = Buffer.from(text, "latin1");
  const message = parseMessage(bytes.latin1Slice(0, bytes.length));
  if (!message.ok) throw new Error(message.fault.reason);
  return message.value;
}

/** One timed stretch over every call. @returns µs per call */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return ((performance.now() - start) * 1000) / CALLS;
}

/** @returns µs per call: INVITE, its 200, its ACK, BYE, its 200, the end of all timers */
function round(number: number): number[] {
  const names = Array.from({ length: CALLS }, (_, i) => `${number}x${i}x${(i * 2_654_435_761) % 1_000_003}`);
  const replies = (cseq: number): SipResponse[] => clients.map((client, i) => reply(client, names[i] ?? "", cseq));
  const costs: number[] = [];
  const play = (messages: (SipRequest | SipResponse)[], source: Source): void => {
    costs.push(
      timed(() => {
        for (const message of messages) layer.message(message, source);
      }),
    );
  };
  play(
    names.map((name) => request("INVITE", name, name, 1, "")),
    caller,
  );
  play(replies(1), callee);
  play(
    names.map((name) => request("ACK", name, `${name}a`, 1, ";tag=b")),
    caller,
  );
  clients.length = 0;
  play(
    names.map((name) => request("BYE", name, `${name}b`, 2, ";tag=b")),
    caller,
  );
  play(replies(2), callee);
  clients.length = 0;
  servers.length = 0;
  time.ms += 40_000;
  costs.push(timed(() => timers.run()));
  if (layer.count !== 0 || timers.count !== 0) throw new Error("everything must be over");
  return costs;
}

const NAMES = ["INVITE", "200 to INVITE", "ACK", "BYE", "200 to BYE", "end of the waiting periods"];
const rounds = Array.from({ length: ROUNDS }, (_, i) => round(i)).slice(3);
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const total = median(rounds.map((costs) => costs.reduce((sum, cost) => sum + cost, 0)));
for (let i = 0; i < NAMES.length; i++) {
  console.log(`${(NAMES[i] ?? "").padEnd(28)} ${median(rounds.map((costs) => costs[i] ?? 0)).toFixed(2)} µs`);
}
console.log(
  `${"a whole call".padEnd(28)} ${total.toFixed(2)} µs (median of ${rounds.length} rounds of ${CALLS} calls, ${process.version})`,
);

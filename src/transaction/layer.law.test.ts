// Whatever arrives, in whatever order: states only move forward, every hook is let go exactly once, and when
// everything has had its time nothing is left, neither a transaction nor a timer.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SipResponse } from "../sip/index.ts";
import type { ClientTransaction } from "./client.ts";
import { Bench, CALLEE, CALLER, CALLER_TCP, replyText, requestOf, requestText, TO_CALLEE, TO_CALLEE_TCP, UDP } from "./harness.ts";
import type { ClientUser, ServerUser } from "./ports.ts";
import type { ServerState, ServerTransaction } from "./server.ts";

/** How far along a state is; a transaction never goes back. */
const SERVER_RANK: Record<ServerState, number> = { trying: 0, proceeding: 1, accepted: 2, completed: 2, confirmed: 3, terminated: 4 };
const CLIENT_RANK = { calling: 0, trying: 0, proceeding: 1, expired: 2, accepted: 4, completed: 3, terminated: 5 } as const;

/** A proxy that relays what comes and answers what fails. */
class Relay implements ServerUser, ClientUser {
  readonly server: ServerTransaction;
  ended = 0;
  constructor(server: ServerTransaction) {
    this.server = server;
  }
  cancelled(): void {
    for (let client = this.server.clients; client !== undefined; client = client.nextSibling) client.cancel("");
  }
  terminated(what: ServerTransaction | ClientTransaction): void {
    if (what === this.server) this.ended++;
  }
  response(client: ClientTransaction, response: SipResponse): void {
    this.server.respond(response.text, response.status, response, client);
  }
  failed(): void {
    if (this.server.isInvite) this.server.reply(408);
    else this.server.release();
  }
}

type Act = (run: Run) => void;

/** One transaction of the law and everything that may happen to it. */
class Run {
  readonly bench: Bench;
  readonly method: string;
  readonly source: typeof CALLER;
  readonly via: string;
  readonly clients: ClientTransaction[] = [];
  deleted = 0;
  relay: Relay | undefined = undefined;
  #serverRank = 0;
  readonly #clientRanks = new Map<ClientTransaction, number>();

  constructor(method: string, isStream: boolean, settings: object) {
    this.bench = new Bench(settings);
    this.method = method;
    this.source = isStream ? CALLER_TCP : CALLER;
    this.via = `SIP/2.0/${isStream ? "TCP" : "UDP"} 10.0.0.2;branch=z9hG4bKlaw`;
    this.bench.user.onRequest = (server) => {
      if (server.method === "CANCEL" || this.relay !== undefined) return;
      this.relay = new Relay(server);
      server.user = this.relay;
      server.attach({ transactionDeleted: () => void this.deleted++ });
    };
    this.request(this.method);
  }

  get server(): ServerTransaction {
    assert.ok(this.relay);
    return this.relay.server;
  }

  request(method: string, toTag?: string, branch = "z9hG4bKlaw"): void {
    const shape = { via: this.via.replace("z9hG4bKlaw", branch), ...(toTag === undefined ? undefined : { toTag }) };
    this.bench.receive(requestText(method, shape), this.source);
  }

  open(isStream: boolean): void {
    const { server, relay } = this;
    if (!server.isPending || !server.hasRequest || this.clients.length >= 12 || relay === undefined) return;
    server.establish();
    const branch = this.bench.layer.newBranch(server, this.clients.length, 1);
    const text = requestText(this.method, { branch });
    const destination = isStream ? TO_CALLEE_TCP : TO_CALLEE;
    const client = this.bench.layer.client({
      server,
      index: this.clients.length,
      method: this.method,
      text,
      branch,
      destination,
      user: relay,
    });
    assert.ok(client);
    this.clients.push(client);
  }

  client(at: number): ClientTransaction | undefined {
    return this.clients[at % Math.max(1, this.clients.length)];
  }

  /** States only ever move forward, and what is over is over. */
  check(): void {
    const { state } = this.server;
    assert.ok(SERVER_RANK[state] >= this.#serverRank, `the server went back to ${state}`);
    this.#serverRank = SERVER_RANK[state];
    for (const client of this.clients) {
      const rank = CLIENT_RANK[client.state];
      assert.ok(rank >= (this.#clientRanks.get(client) ?? 0), `a branch went back to ${client.state}`);
      this.#clientRanks.set(client, rank);
      if (client.finalStatus === 0) assert.ok(rank < 2, `a ${client.state} branch has no final`);
      if (client.state === "terminated") assert.equal(client.sent, "");
    }
    assert.ok(this.deleted <= 1);
    assert.ok(this.bench.layer.inUse >= 0);
  }
}

const small = fc.nat({ max: 11 });
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom(1, 50, 100, 500, 3_500, 5_000, 30_000, 64_000, 120_000).map(
    (ms): Act =>
      (run) =>
        run.bench.time.advance(ms),
  ),
  fc.constant<Act>((run) => run.request(run.method)),
  fc.constant<Act>((run) => run.request("CANCEL")),
  fc.constantFrom("b1", "b2", "wrong").map(
    (tag): Act =>
      (run) =>
        run.request("ACK", tag),
  ),
  fc.constant<Act>((run) => run.request("ACK", run.server.sentTag || "none")),
  fc.constantFrom("b1", "b2").map(
    (tag): Act =>
      (run) =>
        run.request("ACK", tag, "z9hG4bKend"),
  ),
  fc.boolean().map(
    (isStream): Act =>
      (run) =>
        run.open(isStream),
  ),
  fc.tuple(small, fc.constantFrom(100, 180, 183, 200, 202, 302, 401, 408, 486, 487, 503, 603), fc.constantFrom("b1", "b2")).map(
    ([at, status, tag]): Act =>
      (run) => {
        const client = run.client(at);
        if (client !== undefined) run.bench.receive(replyText(client, status, tag), CALLEE);
      },
  ),
  small.map(
    (at): Act =>
      (run) => {
        const client = run.client(at);
        if (client !== undefined) run.bench.receive(replyText(client, 200, "x", "CANCEL"), CALLEE);
      },
  ),
  small.map(
    (at): Act =>
      (run) =>
        run.client(at)?.sendFailed("test"),
  ),
  small.map(
    (at): Act =>
      (run) =>
        run.client(at)?.cancel(""),
  ),
  fc.constantFrom(100, 180, 200, 302, 407, 486, 500).map(
    (status): Act =>
      (run) =>
        void run.server.reply(status),
  ),
  fc.constant<Act>((run) => void run.server.establish()),
  fc.constant<Act>((run) => run.server.release()),
  fc.constant<Act>((run) => run.server.forget()),
  fc.constant<Act>((run) => run.server.sendTryingNow()),
  fc.constant<Act>((run) => void run.server.cancelBy(undefined)),
);

const settings = fc.record({
  autoTrying: fc.boolean(),
  nonInvite100: fc.boolean(),
  strictWait: fc.boolean(),
  inviteRetrCap: fc.boolean(),
  restartFrOnEachReply: fc.boolean(),
});

test("no order of events leads back, leaves something behind, or lets a hook go other than once", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("INVITE", "BYE"),
      fc.boolean(),
      settings,
      fc.array(acts, { minLength: 1, maxLength: 40 }),
      (method, isStream, values, events) => {
        const run = new Run(method, isStream, values);
        for (const act of events) {
          act(run);
          run.check();
        }
        run.bench.time.advance(600_000);
        run.check();
        assert.equal(run.server.state, "terminated");
        for (const client of run.clients) assert.equal(client.state, "terminated");
        assert.equal(run.deleted, 1);
        assert.equal(run.relay?.ended, 1);
        assert.equal(run.bench.layer.clientCount, 0);
        // a repeated request after the end starts a second transaction; those end by themselves too
        run.bench.time.advance(600_000);
        assert.ok(run.bench.isClean, `${run.bench.layer.size} left, ${run.bench.time.timers.count} timers`);
      },
    ),
    { numRuns: 1_500 },
  );
});

test("a request of our own completes once and leaves nothing, whatever comes back", () => {
  const event = fc.oneof(
    fc.constantFrom(1, 500, 5_000, 30_000, 120_000).map(
      (ms) =>
        (bench: Bench): void =>
          bench.time.advance(ms),
    ),
    fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(100, 180, 200, 302, 408, 481, 487, 503), fc.constantFrom("b1", "b2")).map(
      ([at, status, tag]) =>
        (bench: Bench): void =>
          answer(bench, at, status, tag),
    ),
    fc.nat({ max: 5 }).map(
      (at) =>
        (bench: Bench): void =>
          bench.transport.sent[at]?.observer?.sendFailed("test"),
    ),
    fc.constantFrom("sent", "unreachable").map((result) => (bench: Bench): void => {
      bench.transport.result = result === "sent" ? "sent" : "unreachable";
    }),
    fc.constant((bench: Bench): void => bench.resolver.answer()),
  );
  const shape = fc.record({
    method: fc.constantFrom("BYE", "INVITE"),
    requestUri: fc.constantFrom("sip:b@10.0.0.3", "sip:b@name.example", "nonsense"),
    noAutoAck: fc.boolean(),
    failover: fc.boolean(),
    several: fc.boolean(),
  });
  fc.assert(
    fc.property(shape, fc.array(event, { maxLength: 25 }), fc.nat({ max: 25 }), ({ several, ...parts }, events, cancelAt) => {
      const bench = new Bench();
      let completed = 0;
      let deleted = 0;
      const local = bench.layer.request({
        ...parts,
        from: { uri: "sip:a@10.0.0.2" },
        to: { uri: "sip:b@10.0.0.3" },
        listener: UDP,
        ...(several ? { destinations: [TO_CALLEE, TO_CALLEE_TCP] } : undefined),
        hook: {
          localCompleted: () => void completed++,
          transactionDeleted: () => {
            assert.equal(completed, 1);
            deleted++;
          },
        },
      });
      assert.equal(completed, 0, "not while request() runs");
      events.forEach((act, i) => {
        if (i === cancelAt) local.cancel();
        act(bench);
      });
      bench.resolver.answer();
      bench.time.advance(600_000);
      assert.equal(completed, 1);
      assert.equal(deleted, 1);
      assert.ok(bench.isClean, `${bench.layer.count} left, ${bench.time.timers.count} timers`);
    }),
    { numRuns: 1_000 },
  );
});

/** A reply to the `at`th message that left. */
function answer(bench: Bench, at: number, status: number, tag: string): void {
  const sent = bench.transport.sent[at];
  if (sent === undefined || sent.what === "ACK") return;
  const request = requestOf(sent.text);
  bench.receive(
    `SIP/2.0 ${status} Something\r\nVia: ${request.topVia.text}\r\nFrom: ${request.header("From")}\r\nTo: <sip:b@10.0.0.3>;tag=${tag}\r\n` +
      `Call-ID: ${request.callId}\r\nCSeq: ${request.cseqNumber} ${request.cseqMethod}\r\nContent-Length: 0\r\n\r\n`,
    CALLEE,
  );
}

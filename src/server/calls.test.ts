// The calls of an engine in a database: what comes when, and what happens when the database is not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { DialoomError, type Log } from "../kit/index.ts";
import type { SqlRow, Statement } from "../store/index.ts";
import { StoreError } from "../store/index.ts";
import { TestDatabase } from "../store/rows-harness.ts";
import { TestClock } from "../testing/index.ts";
import { STAGE_PROXY } from "../testing/stage.ts";
import { virtualEngine } from "../testing/virtual-engine.ts";
import type { DatagramSocket } from "../transport/index.ts";
import type { Engine } from "./engine.ts";
import { createManagement } from "./management.ts";
import type { DialoomOptions } from "./options.ts";

const URL = "sqlite:calls.db";
const [A, B] = ["10.0.0.2", "10.0.0.3"];

/** A database that can be cut off altogether, and outlives engines. */
class Shared extends TestDatabase {
  override async *select(statement: Statement, chunkRows: number): AsyncIterable<readonly SqlRow[]> {
    if (this.isAway) throw new StoreError("away", "the test has cut it off");
    yield* super.select(statement, chunkRows);
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One engine with two parties, in virtual time. */
class World {
  readonly clock: TestClock;
  readonly engine: Engine;
  readonly lines: string[] = [];
  /** What each party got. */
  readonly got = new Map<string, string[]>([
    [A, []],
    [B, []],
  ]);
  readonly #sockets = new Map<string, DatagramSocket>();
  readonly #bind: (ip: string) => Promise<DatagramSocket>;

  constructor(database: Shared, options: DialoomOptions = {}, startAt?: number) {
    this.clock = new TestClock(startAt);
    const say = (_fields: object, text: string): void => {
      this.lines.push(text);
    };
    const log: Log = { error: say, warn: say, info: say, debug: () => {} };
    const settings: DialoomOptions = { listen: [`udp:${STAGE_PROXY}:5060`], store: URL, log, ...options };
    const { engine, network } = virtualEngine(this.clock, STAGE_PROXY, settings, startAt === undefined ? 1 : 2, () =>
      Promise.resolve(database),
    );
    this.engine = engine;
    this.#bind = (ip) =>
      network.bindDatagram(
        { ip, port: 5060, receiveBuffer: 1 << 20 },
        { datagram: (text) => void this.got.get(ip)?.push(text), sendFailed: () => {}, failed: () => {} },
      );
    engine.app.invite((call) => {
      call.track();
      call.hideTopology({ hideCallId: true });
      return call.relay();
    });
  }

  async start(): Promise<this> {
    for (const ip of [A, B]) this.#sockets.set(ip, await this.#bind(ip));
    await this.engine.start();
    this.clock.advance(0);
    return this;
  }

  /** Lets time pass until a promise is settled. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    const settled = promise.finally(() => {
      isDone = true;
    });
    settled.catch(() => {}); // told below
    for (let i = 0; i < 200 && !isDone; i++) await this.clock.advanceAsync(50);
    return settled;
  }

  send(ip: string, text: string): void {
    this.#sockets.get(ip)?.send(text.replaceAll("\n", "\r\n"), STAGE_PROXY, 5060, undefined, 0);
    this.clock.advance(5);
  }

  last(ip: string, start: string): string {
    const text = this.got.get(ip)?.findLast((one) => one.startsWith(start));
    assert.ok(text !== undefined, `${ip} got ${start}`);
    return text;
  }

  /** A hidden call that is answered and acknowledged. @returns the Contacts that A and B were shown */
  talk(callId: string): { a: string; b: string; hiddenId: string } {
    this.send(A, invite(callId));
    const arrived = this.last(B, "INVITE");
    const copied = arrived.split("\r\n").filter((line) => /^(?:Via|From|Call-ID|CSeq|Record-Route):/.test(line));
    this.send(B, `SIP/2.0 200 OK\n${copied.join("\n")}\nTo: <sip:bob@x>;tag=b\nContact: <sip:bob@${B}>\nContent-Length: 0\n\n`);
    const shownA = contact(this.last(A, "SIP/2.0 200"));
    this.send(
      A,
      `ACK ${shownA} SIP/2.0\nVia: SIP/2.0/UDP ${A};branch=z9hG4bKack${callId}\nMax-Forwards: 70\nFrom: <sip:alice@x>;tag=a\nTo: <sip:bob@x>;tag=b\nCall-ID: ${callId}\nCSeq: 1 ACK\nContent-Length: 0\n\n`,
    );
    return { a: shownA, b: contact(arrived), hiddenId: /\r\nCall-ID: ([^\r]*)/.exec(arrived)?.[1] ?? "" };
  }

  async command(method: string): Promise<unknown> {
    const { commands } = createManagement(this.engine, { get: () => 0, set: () => {} }, () => {});
    const answered = await commands.execute(JSON.stringify({ jsonrpc: "2.0", id: 1, method }), { transport: "internal", address: "" });
    const { result, error } = JSON.parse([...(answered ?? [])].join("")) as { result?: unknown; error?: { message: string } };
    return result ?? error?.message;
  }
}

const invite = (callId: string): string =>
  `INVITE sip:bob@${B} SIP/2.0\nVia: SIP/2.0/UDP ${A};branch=z9hG4bKi${callId}\nMax-Forwards: 70\nFrom: <sip:alice@x>;tag=a\nTo: <sip:bob@x>\nCall-ID: ${callId}\nCSeq: 1 INVITE\nContact: <sip:alice@${A}>\nContent-Length: 0\n\n`;

const contact = (text: string): string => /\r\nContact: <([^>]*)>/.exec(text)?.[1] ?? "";

const states = (database: Shared): readonly unknown[] => database.rows("SELECT state FROM dialog").map(([state]) => state);

test("a hidden call goes on after a restart: its Call-ID is read in what comes, and shown to nobody (12.6)", async () => {
  const database = new Shared();
  const before = await new World(database).start();
  const { b, hiddenId } = before.talk("one@x");
  assert.ok(hiddenId !== "" && hiddenId !== "one@x");
  assert.deepEqual(states(database), [4]);

  const after = await new World(database, {}, before.clock.now() + 1000).start();
  assert.equal(after.engine.dialogs.active, 1);
  after.send(
    B,
    `BYE ${b} SIP/2.0\nVia: SIP/2.0/UDP ${B};branch=z9hG4bKbye\nMax-Forwards: 70\nFrom: <sip:bob@x>;tag=b\nTo: <sip:alice@x>;tag=a\nCall-ID: ${hiddenId}\nCSeq: 1 BYE\nContent-Length: 0\n\n`,
  );
  const bye = after.last(A, "BYE");
  assert.match(bye, /\r\nCall-ID: one@x\r\n/);
  assert.ok(!bye.includes(B), "nothing tells where the callee is");
  // nobody but the call knows the way of a copy of that BYE: its row goes when none can come any more
  assert.deepEqual([after.engine.dialogs.active, states(database)], [0, [5]]);
  after.clock.advance(60_000);
  assert.deepEqual([after.engine.dialogs.count, states(database)], [0, []]);
});

test("the row stands in the table before the 200 reaches the caller", async () => {
  const database = new Shared();
  const world = await new World(database).start();
  let rows = -1;
  const { transact } = database;
  assert.ok(transact !== undefined);
  const arrived = world.got.get(A);
  assert.ok(arrived !== undefined);
  const push = arrived.push.bind(arrived);
  arrived.push = (...texts: string[]): number => {
    if (texts[0]?.startsWith("SIP/2.0 200") === true) rows = states(database).length;
    return push(...texts);
  };
  world.talk("one@x");
  assert.equal(rows, 1);
});

test("messages that come while calls are read wait, and find their call", async () => {
  const database = new Shared();
  const before = await new World(database).start();
  const { b, hiddenId } = before.talk("one@x");
  const after = new World(database, {}, before.clock.now());
  const started = after.start();
  // sockets are bound some turns before the rows are read
  while (after.engine.transport.listeners.length === 0) await Promise.resolve();
  after.send(
    B,
    `BYE ${b} SIP/2.0\nVia: SIP/2.0/UDP ${B};branch=z9hG4bKbye\nMax-Forwards: 70\nFrom: <sip:bob@x>;tag=b\nTo: <sip:alice@x>;tag=a\nCall-ID: ${hiddenId}\nCSeq: 1 BYE\nContent-Length: 0\n\n`,
  );
  assert.deepEqual([after.engine.dialogs.count, after.got.get(A)], [0, []]);
  await started;
  after.clock.advance(5);
  assert.match(after.last(A, "BYE"), /\r\nCall-ID: one@x\r\n/);
});

test("db_start refuse: a database that is not there keeps the engine from starting, and nothing is bound", async () => {
  const database = new Shared();
  database.isAway = true;
  const world = new World(database);
  await assert.rejects(world.start(), (error) => error instanceof DialoomError && error.code === "DIALOOM_STORE_UNAVAILABLE");
  assert.equal(world.engine.transport.listeners.length, 0);
});

test("db_start without: calls go on, and when the database comes they get their rows, and those of the rows come back", async () => {
  const database = new Shared();
  const before = await new World(database).start();
  before.talk("old@x");
  database.isAway = true;
  const world = await new World(database, { dbStart: "without" }, before.clock.now()).start();
  world.talk("new@x");
  assert.equal(world.engine.dialogs.active, 1);
  assert.equal(await world.command("dlg_db_sync"), "Sync mem with DB failed");
  const degraded = (): number | undefined => world.engine.statistics.find("store:degraded")?.read();
  assert.equal(degraded(), 1);
  for (let i = 0; i < 20; i++) await world.clock.advanceAsync(1_000);
  assert.equal(world.engine.dialogs.active, 1);
  database.isAway = false;
  for (let i = 0; i < 8; i++) await world.clock.advanceAsync(1_000);
  assert.equal(world.engine.dialogs.active, 2);
  assert.deepEqual(
    database.rows("SELECT callid FROM dialog ORDER BY callid").map(([callId]) => callId),
    ["new@x", "old@x"],
  );
  assert.ok(world.lines.includes("the database is there: calls came back"));
  assert.equal(degraded(), 0);
});

test("a database that stops taking rows is told as an event and a number, and then has everything", async () => {
  const database = new Shared();
  const world = await new World(database).start();
  const told: unknown[] = [];
  world.engine.degradations.subscribe(({ isDegraded }) => {
    told.push(isDegraded);
  });
  const read = (name: string): number | undefined => world.engine.statistics.find(`store:${name}`)?.read();
  database.isAway = true;
  world.talk("one@x");
  world.clock.advance(500);
  assert.deepEqual([told, read("degraded"), read("pending")], [[true], 1, 1]);
  assert.equal(world.engine.dialogs.active, 1, "the call goes on");
  assert.equal(await world.command("dlg_restore_db"), "Restore dlg DB failed!", "at once");
  assert.equal(await world.command("dlg_db_sync"), "Sync mem with DB failed");
  database.isAway = false;
  world.clock.advance(10_000);
  assert.deepEqual([told, read("degraded"), read("pending")], [[true, false], 0, 0]);
  assert.deepEqual(states(database), [4]);
});

test("dlg_restore_db and dlg_db_sync work through the management interface", async () => {
  const database = new Shared();
  const world = await new World(database).start();
  world.talk("one@x");
  database.transactNow([{ text: "DELETE FROM dialog", values: [] }]);
  assert.equal(await world.settle(world.command("dlg_restore_db")), "OK");
  assert.deepEqual(states(database), [4]);
  assert.equal(await world.settle(world.command("dlg_db_sync")), "OK");
  assert.equal(world.engine.dialogs.active, 1);
  const inMemory = new World(database, { store: false });
  assert.equal(await inMemory.command("dlg_restore_db"), "Cannot restore db in no-db mode!");
});

test("at the end everything is written, and what comes then is left to the next process", async () => {
  const database = new Shared();
  const world = await new World(database, { dbMode: "shutdown" }).start();
  const { b, hiddenId } = world.talk("one@x");
  assert.deepEqual(states(database), []);
  const stopped = world.engine.stop();
  world.send(
    B,
    `BYE ${b} SIP/2.0\nVia: SIP/2.0/UDP ${B};branch=z9hG4bKbye\nMax-Forwards: 70\nFrom: <sip:bob@x>;tag=b\nTo: <sip:alice@x>;tag=a\nCall-ID: ${hiddenId}\nCSeq: 1 BYE\nContent-Length: 0\n\n`,
  );
  await world.settle(stopped);
  assert.deepEqual(states(database), [4]);
});

test("a loop is known by the branches of a former life: the secret behind them is kept", async () => {
  const database = new Shared();
  const hashes: (string | undefined)[] = [];
  for (const startAt of [undefined, 1_800_000_000_000]) {
    const world = await new World(database, {}, startAt).start();
    world.send(A, invite("same@x"));
    hashes.push(/;branch=([^;\r]*)/.exec(world.last(B, "INVITE"))?.[1]?.split(".").at(-1));
  }
  assert.deepEqual(database.rows("SELECT COUNT(*) FROM dialoom_node"), [[1]]);
  assert.match(hashes[0] ?? "", /^[0-9a-f]{8}$/);
  assert.equal(hashes[0], hashes[1]);
});

test("an end that comes while calls are read leaves the rows that were not read", async () => {
  /** Gives row by row, and has somebody told after the first call. */
  class Slow extends Shared {
    onFirst: (() => void) | undefined = undefined;

    override async *select(statement: Statement): AsyncIterable<readonly SqlRow[]> {
      for await (const rows of super.select(statement, 1)) {
        yield rows;
        if (!statement.text.includes("dlg_id")) continue;
        this.onFirst?.();
        this.onFirst = undefined;
      }
    }
  }
  const database = new Slow();
  const before = await new World(database).start();
  for (const callId of ["one@x", "two@x", "three@x"]) before.talk(callId);
  assert.deepEqual(states(database), [4, 4, 4]);

  const world = new World(database, { dbMode: "shutdown" }, before.clock.now());
  let stopped: Promise<void> | undefined;
  database.onFirst = () => {
    stopped = world.engine.stop();
  };
  await assert.rejects(world.settle(world.start()), (error) => error instanceof DialoomError && error.code === "DIALOOM_STORE_UNAVAILABLE");
  assert.ok(stopped !== undefined);
  await world.settle(stopped);
  assert.equal(world.engine.dialogs.active, 1, "one had been read");
  assert.deepEqual(states(database), [4, 4, 4]);
});

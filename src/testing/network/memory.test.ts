import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatagramHandler, DatagramSocket, StreamConnection, StreamHandler } from "../../transport/index.ts";
import { TestClock } from "../clock.ts";
import { seededRandom } from "../random.ts";
import { type Conditions, PERFECT } from "./conditions.ts";
import { MemoryNetwork } from "./memory.ts";

interface World {
  readonly clock: TestClock;
  readonly network: MemoryNetwork;
}

function world(seed = 1, conditions: Conditions = PERFECT): World {
  const clock = new TestClock();
  return { clock, network: new MemoryNetwork({ clock, random: seededRandom(seed), conditions, segmentBytes: 7 }) };
}

function listener(onText: (text: string, ip: string, port: number) => void, failures: string[] = []): DatagramHandler {
  return { datagram: onText, sendFailed: (code) => failures.push(code), failed: (code) => failures.push(code) };
}

function bind(network: MemoryNetwork, ip: string, port: number, handler: DatagramHandler): Promise<DatagramSocket> {
  return network.bindDatagram({ ip, port, receiveBuffer: 0 }, handler);
}

test("a datagram arrives whole after its delay, with the address of its sender", async () => {
  const { clock, network } = world();
  const seen: string[] = [];
  const a = await bind(
    network,
    "10.0.0.1",
    5060,
    listener(() => {}),
  );
  await bind(
    network,
    "10.0.0.2",
    5060,
    listener((text, ip, port) => seen.push(`${text} from ${ip}:${port} at ${clock.monotonic()}`)),
  );
  a.send("hello", "10.0.0.2", 5060, undefined, 0);
  a.send("into the void", "10.0.0.9", 5060, undefined, 0);
  clock.advance(10);
  assert.deepEqual(seen, ["hello from 10.0.0.1:5060 at 1"]);
  assert.deepEqual(network.counts, { sent: 2, arrived: 1, lost: 0, cut: 0, nobody: 1 });
});

test("loss, duplication and reordering happen as often as asked, and the same seed repeats them exactly", async () => {
  const run = async (seed: number): Promise<number[]> => {
    const { clock, network } = world(seed, {
      delayMs: 5,
      jitterMs: 4,
      loss: 0.1,
      duplication: 0.1,
      reordering: 0.05,
      reorderMs: 50,
    });
    const seen: number[] = [];
    const a = await bind(
      network,
      "10.0.0.1",
      0,
      listener(() => {}),
    );
    await bind(
      network,
      "10.0.0.2",
      5060,
      listener((text) => seen.push(Number(text))),
    );
    for (let i = 0; i < 2000; i++) {
      a.send(String(i), "10.0.0.2", 5060, undefined, 0);
      clock.advance(1);
    }
    clock.runUntilIdle();
    return seen;
  };
  const first = await run(4);
  assert.deepEqual(await run(4), first);
  assert.notDeepEqual(await run(5), first);
  const distinct = new Set(first).size;
  assert.ok(distinct > 1740 && distinct < 1880, `${distinct} of 2000 arrived`);
  const doubled = first.length - distinct;
  assert.ok(doubled > 120 && doubled < 240, `${doubled} doubled`);
  const overtaken = first.filter((n, i) => i > 0 && n < (first[i - 1] ?? 0)).length;
  assert.ok(overtaken > 100, `${overtaken} out of order`);
});

test("a partition lets nothing through until it is healed", async () => {
  const { clock, network } = world();
  const seen: string[] = [];
  const a = await bind(
    network,
    "10.0.0.1",
    5060,
    listener(() => {}),
  );
  await bind(
    network,
    "10.0.0.2",
    5060,
    listener((text) => seen.push(text)),
  );
  network.partition(["10.0.0.1"], ["10.0.0.2"]);
  a.send("lost", "10.0.0.2", 5060, undefined, 0);
  clock.advance(100);
  network.heal();
  a.send("found", "10.0.0.2", 5060, undefined, 0);
  clock.advance(100);
  assert.deepEqual(seen, ["found"]);
});

test("a port is bound once; a datagram too long or unroutable fails at its sender", async () => {
  const { clock, network } = world();
  const failures: string[] = [];
  const a = await bind(
    network,
    "10.0.0.1",
    5060,
    listener(() => {}, failures),
  );
  await assert.rejects(
    bind(
      network,
      "10.0.0.1",
      5060,
      listener(() => {}),
    ),
    { code: "EADDRINUSE" },
  );
  const own: string[] = [];
  const observer = { sendFailed: (code: string) => own.push(code) };
  a.send("x".repeat(70_000), "10.0.0.2", 5060, observer, 0);
  network.failSends("10.9.9.9", "ENETUNREACH");
  a.send("x", "10.9.9.9", 5060, observer, 0);
  clock.advance(1);
  assert.deepEqual(failures, ["EMSGSIZE", "ENETUNREACH"]);
  assert.deepEqual(own, failures);
  a.close();
  await bind(
    network,
    "10.0.0.1",
    5060,
    listener(() => {}),
  );
});

interface End extends StreamHandler {
  text: string;
  story: string[];
}

function end(): End {
  const self: End = {
    text: "",
    story: [],
    connected: () => self.story.push("connected"),
    data: (text) => {
      self.text += text;
    },
    drained: () => self.story.push("drained"),
    closed: (code) => self.story.push(`closed ${code}`),
  };
  return self;
}

interface Pair {
  readonly near: End;
  readonly far: End;
  readonly out: StreamConnection;
  readonly accepted: () => StreamConnection;
}

async function connect(network: MemoryNetwork, port = 5060): Promise<Pair> {
  const far = end();
  const accepted: StreamConnection[] = [];
  await network.listenStream(
    { transport: "tcp", ip: "10.0.0.2", port: 5060, backlog: 5, keepalive: false },
    {
      accepted: (connection) => {
        accepted.push(connection);
        return far;
      },
      failed: () => {},
    },
  );
  const near = end();
  const out = network.connectStream(
    { transport: "tcp", ip: "10.0.0.2", port, localIp: "10.0.0.1", host: undefined, timeoutMs: 3000, keepalive: false },
    near,
  );
  return { near, far, out, accepted: () => accepted[0] as StreamConnection };
}

test("a stream keeps its order on a bad network, arrives in pieces, and holds what was written before it stood", async () => {
  const { clock, network } = world(3, { delayMs: 5, jitterMs: 30, loss: 0.2, duplication: 0.2, reordering: 0, reorderMs: 0 });
  const { near, far, out, accepted } = await connect(network);
  out.write("before ");
  assert.equal(far.text, "");
  clock.advance(2000);
  for (let i = 0; i < 20; i++) out.write(`message ${i} `);
  accepted().write("answer");
  clock.advance(20_000);
  assert.equal(far.text, `before ${Array.from({ length: 20 }, (_, i) => `message ${i} `).join("")}`);
  assert.equal(near.text, "answer");
  assert.deepEqual(near.story, ["connected"]);
  assert.equal(out.unsentBytes, 0);
});

test("an ended stream is closed in order at both ends; a destroyed one resets the other", async () => {
  const first = world();
  const a = await connect(first.network);
  first.clock.advance(10);
  a.out.write("last words");
  a.out.end();
  first.clock.advance(100);
  assert.equal(a.far.text, "last words");
  assert.deepEqual(a.near.story, ["connected", "closed undefined"]);
  assert.deepEqual(a.far.story, ["closed undefined"]);
  const second = world();
  const b = await connect(second.network);
  second.clock.advance(10);
  b.accepted().destroy();
  second.clock.advance(10);
  assert.deepEqual(b.near.story, ["connected", "closed ECONNRESET"]);
  assert.deepEqual(b.far.story, ["closed undefined"]);
});

test("a reset is seen at both ends, and what was under way is lost", async () => {
  const { clock, network } = world();
  const { near, far, out } = await connect(network);
  clock.advance(10);
  out.write("never seen");
  network.resetStreams();
  clock.advance(1000);
  assert.equal(far.text, "");
  assert.deepEqual(near.story, ["connected", "closed ECONNRESET"]);
  assert.deepEqual(far.story, ["closed ECONNRESET"]);
});

test("a stream that nobody accepts is refused; one that is cut off times out; a full buffer is told and drains", async () => {
  const { clock, network } = world();
  const refused = await connect(network, 9);
  clock.advance(10);
  assert.deepEqual(refused.near.story, ["closed ECONNREFUSED"]);
  const other = world();
  other.network.partition(["10.0.0.1"], ["10.0.0.2"]);
  const cut = await connect(other.network);
  other.clock.advance(3000);
  assert.deepEqual(cut.near.story, ["closed ETIMEDOUT"]);
  const third = world();
  const { near, far, out } = await connect(third.network);
  third.clock.advance(10);
  third.network.partition(["10.0.0.1"], ["10.0.0.2"]);
  assert.equal(out.write("x".repeat(70_000)), false);
  third.clock.advance(1000);
  assert.equal(far.text, "");
  third.network.heal();
  third.clock.advance(1000);
  assert.equal(far.text.length, 70_000);
  assert.deepEqual(near.story, ["connected", "drained"]);
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DialogHarness } from "../dialog/harness.ts";
import { Outbox, silentLog } from "../kit/index.ts";
import { seededRandom, TestClock } from "../testing/index.ts";
import { DTMF_EVENT, EventBus, type EventParameters, type NotifySocket, parseNotifySocket, RtpproxyListener, relayIps } from "./index.ts";
import { readNotice } from "./rtpproxy-lines.ts";

test("a line says that a call has no media, or which digit was pressed", () => {
  assert.deepEqual(readNotice("T1a.2b3c"), { kind: "timeout", did: "1a.2b3c" });
  assert.deepEqual(readNotice("T1a.2b3c\r"), { kind: "timeout", did: "1a.2b3c" });
  const digit = { kind: "dtmf", digit: "5", volume: 0, duration: 0, id: "1a.2b", isCallId: false, stream: 0 };
  assert.deepEqual(readNotice("Dd1a.2b 5"), digit);
  assert.deepEqual(readNotice("Dd1a.2b 5 10 800 1"), { ...digit, volume: 10, duration: 800, stream: 1 });
  assert.deepEqual(readNotice("Dcabc@host # 7"), { ...digit, digit: "#", volume: 7, id: "abc@host", isCallId: true });
  for (const line of ["I", "Iwhatever", ""]) assert.equal(readNotice(line).kind, "ignored");
});

test("anything else is malformed", () => {
  const lines = [
    "X",
    "T",
    "T1a",
    "T.1",
    "T1.",
    "T1a.xyz",
    "T123456789.1",
    `T1.${"0".repeat(40)}`,
    "T1 .2",
    "D",
    "Dd1a.2b",
    "Dx1a.2b 5",
    "Ddzz 5",
  ];
  for (const line of [...lines, "Dd1a.2b 55", "Dd1a.2b 5 x", "Dd1a.2b 5 1 2 3 4", "Dc 5", "Dd1a.2b 5 1234567890", "Dd1a.2b 5 -1"]) {
    assert.equal(readNotice(line).kind, "bad", line);
  }
});

test("sockets are written as in scripts", () => {
  assert.deepEqual(parseNotifySocket("tcp:127.0.0.1:9999"), { ip: "127.0.0.1", port: 9999 });
  assert.deepEqual(parseNotifySocket("tcp:[::1]:9999"), { ip: "::1", port: 9999 });
  assert.deepEqual(parseNotifySocket("unix:/run/x"), { path: "/run/x" });
  assert.deepEqual(parseNotifySocket("/run/x"), { path: "/run/x" });
  for (const text of ["", "/", "unix:x", "tcp:host:1", "tcp:1.2.3.4", "tcp:1.2.3.4:", "tcp:1.2.3.4:70000", "udp:1.2.3.4:5"]) {
    assert.equal(parseNotifySocket(text), undefined, text);
  }
  assert.deepEqual(relayIps("udp:10.0.0.5:7722 udp6:[2001:db8::1]:7722 unix:/run/rtpproxy udp:media.example:7722"), [
    "10.0.0.5",
    "2001:db8::1",
  ]);
});

interface World {
  readonly harness: DialogHarness;
  readonly clock: TestClock;
  readonly listener: RtpproxyListener;
  readonly heard: EventParameters[];
  stat(name: string): number;
}

async function open(socket: NotifySocket, peers: readonly string[]): Promise<World> {
  const clock = new TestClock();
  const harness = new DialogHarness(clock, seededRandom(3));
  const { statistics, tracker } = harness;
  const outbox = new Outbox(clock.defer, (error) => assert.fail(String(error)));
  const events = new EventBus({ clock, outbox, statistics, log: silentLog });
  const end = (did: string, reason: string): boolean => tracker.byDid(did)?.end(reason) !== undefined;
  const listener = new RtpproxyListener({ socket, peers: new Set(peers), events, statistics, log: silentLog, end });
  const heard: EventParameters[] = [];
  events.listen(DTMF_EVENT, (parameters) => heard.push(parameters));
  await listener.listen();
  return { harness, clock, listener, heard, stat: (name) => statistics.find(`rtpproxy:${name}`)?.read() ?? Number.NaN };
}

/** Sends and hangs up; resolves when the other side has read everything, or has hung up itself. */
async function say(to: { port: number } | { path: string }, ...texts: readonly string[]): Promise<void> {
  const socket: Socket = "path" in to ? connect(to.path) : connect(to.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.setNoDelay(true);
  socket.resume();
  for (const text of texts) {
    await new Promise<void>((resolve) => {
      socket.write(text, "latin1", () => resolve());
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  await new Promise<void>((resolve) => {
    socket.on("close", () => resolve());
  });
}

test("T<did> ends the call: BYE to both sides, reason RTPProxy Timeout (side-modules 9.7)", async () => {
  const world = await open({ ip: "127.0.0.1", port: 0 }, ["127.0.0.1"]);
  const { harness, listener } = world;
  const dialog = harness.talk();
  const other = harness.talk({ callId: "2@x" });
  // a line may come in parts; unknown calls do not matter
  await say({ port: listener.port ?? 0 }, "T1.ffff\nT", `${dialog.did.slice(0, 3)}`, `${dialog.did.slice(3)}\nI1\n`);
  assert.equal(dialog.endReason, "RTPProxy Timeout");
  assert.equal(harness.requests("10.0.0.2", "BYE").length, 1);
  assert.equal(harness.requests("10.0.0.3", "BYE").length, 1);
  assert.ok(other.isTalking);
  assert.equal(world.stat("media_timeouts"), 2);
  await listener.close();
});

test("a malformed line ends what is read at once, and nothing else", async () => {
  const world = await open({ ip: "127.0.0.1", port: 0 }, ["127.0.0.1"]);
  const { harness, listener } = world;
  const one = harness.talk();
  const two = harness.talk({ callId: "2@x" });
  await say({ port: listener.port ?? 0 }, `Tnonsense\nT${one.did}\n`);
  await say({ port: listener.port ?? 0 }, `T${two.did}\n`);
  assert.deepEqual([one.isTalking, two.endReason], [true, "RTPProxy Timeout"]);
  assert.equal(world.stat("bad_notices"), 1);
  await say({ port: listener.port ?? 0 }, "T".repeat(300));
  assert.equal(world.stat("bad_notices"), 2, "a line without end");
  await listener.close();
});

test("only configured relays may connect by TCP", async () => {
  const world = await open({ ip: "127.0.0.1", port: 0 }, ["10.9.9.9"]);
  const dialog = world.harness.talk();
  await say({ port: world.listener.port ?? 0 }, `T${dialog.did}\n`);
  assert.ok(dialog.isTalking);
  assert.equal(world.stat("refused_connections"), 1);
  await world.listener.close();
});

test("on a UNIX socket everybody may; one that was left over is replaced, a file is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rtpp-"));
  const path = join(folder, "notify");
  const left = await open({ path }, []);
  const dialog = left.harness.talk();
  await say({ path }, `T${dialog.did}\n`);
  assert.equal(dialog.endReason, "RTPProxy Timeout");
  const next = await open({ path }, []);
  await next.listener.close();
  await left.listener.close();
  const file = join(folder, "file");
  writeFileSync(file, "mine");
  await assert.rejects(open({ path: file }, []), /rtpp_notify_socket .* cannot be opened/);
  rmSync(folder, { recursive: true });
});

test("digits become events", async () => {
  const world = await open({ ip: "127.0.0.1", port: 0 }, ["127.0.0.1"]);
  await say({ port: world.listener.port ?? 0 }, "Dd1a.2b 5 10 800 1\nDcx@y #\n");
  world.clock.advance(0);
  assert.deepEqual(world.heard, [
    [
      ["digit", "5"],
      ["duration", 800],
      ["volume", 10],
      ["id", "1a.2b"],
      ["is_callid", 0],
      ["stream", 1],
    ],
    [
      ["digit", "#"],
      ["duration", 0],
      ["volume", 0],
      ["id", "x@y"],
      ["is_callid", 1],
      ["stream", 0],
    ],
  ]);
  await world.listener.close();
});

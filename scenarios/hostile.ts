// Bad input from the network, against a running process: it is answered or dropped as specified and counted, calls beside it
// go on, and the loop never stops for long.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CallerCall, eventually } from "../src/testing/index.ts";
import { bombard, Intruder, ordinary } from "./attacks.ts";
import { Phones } from "./phones.ts";
import type { DoorName, Installation, RunningProxy } from "./proxy.ts";

/** Longest pause of the loop that bad input may cause. */
const PAUSE_LIMIT_MS = 20;
/** Registers the tests. */
export function hostileTests(installation: Installation): void {
  describe("bad input to a running process", { concurrency: 2 }, () => {
    for (const door of ["routes", "script"] as const) {
      test(`garbage, cut off and hostile datagrams: few answers, all counted, calls go on (${door})`, () =>
        withProxy(installation, garbage, door));
    }
    test("TCP streams that lie about Content-Length are answered 400 and closed (X-10, X-11)", () => withProxy(installation, liars));
    test("a slow sender is cut off four seconds after its first byte, without a reply (AC 09)", () => withProxy(installation, slowSenders));
    test("a flood of connections is held off at the limit of its address; others are served (S-05)", () => withProxy(installation, flood));
  });
}

interface Scene {
  readonly proxy: RunningProxy;
  readonly phones: Phones;
}

async function withProxy(installation: Installation, run: (scene: Scene) => Promise<void>, door: DoorName = "routes"): Promise<void> {
  const proxy = await installation.start("answered", "127.0.0.1", door);
  const phones = await Phones.connect(proxy);
  try {
    await proxy.longestPauseMs();
    await run({ proxy, phones });
    assert.equal(proxy.child.isRunning, true, proxy.child.output);
    const pauseMs = await proxy.longestPauseMs();
    assert.ok(pauseMs <= PAUSE_LIMIT_MS, `one turn of the loop took ${pauseMs.toFixed(1)} ms`);
    assert.deepEqual(phones.checker.violations, []);
  } finally {
    const end = await proxy.stop();
    phones.close();
    assert.equal(end.code, 0, end.stdout + end.stderr);
  }
}

async function garbage(scene: Scene): Promise<void> {
  const { proxy } = scene;
  const before = await proxy.management.statistics(["core:bad_msg_hdr", "core:err_requests"]);
  const started = performance.now();
  const { answers } = await duringCalls(scene, () => bombard(3300, proxy.port));
  const seconds = (performance.now() - started) / 1000;
  // a folded Subject is legal, however long: such an INVITE is relayed, and 100 says so
  const errors = answers.filter((line) => !line.startsWith("SIP/2.0 100 "));
  assert.ok(errors.length > 0, "nothing was answered at all");
  for (const line of errors) assert.match(line, /^SIP\/2\.0 (400|414|505|513) /);
  // S-03: answers to what is malformed are limited, 20 in each second of the clock for one address
  assert.ok(errors.length <= 20 * (Math.floor(seconds) + 2), `${errors.length} answers in ${seconds.toFixed(1)} s`);
  const after = await proxy.management.statistics(["core:bad_msg_hdr", "core:err_requests"]);
  for (const name of ["core:bad_msg_hdr", "core:err_requests"]) {
    const grew = (after[name] ?? 0) - (before[name] ?? 0);
    assert.ok(grew >= 1000, `${name} grew by ${grew}`);
  }
}

async function liars({ proxy, phones }: Scene): Promise<void> {
  const via = "TCP 127.0.0.2:9";
  const cases: readonly (readonly [headers: string, body: string, answer: RegExp])[] = [
    ["", "", /^SIP\/2\.0 400 Missing Content-Length Header/],
    ["Content-Length: -5\r\n", "", /^SIP\/2\.0 400 Bad Content-Length Header/],
    ["Content-Length: many\r\n", "", /^SIP\/2\.0 400 Bad Content-Length Header/],
    ["Content-Length: 99999999999\r\n", "", /^SIP\/2\.0 (400|413)/],
    ["Content-Length: 3\r\nContent-Length: 4\r\n", "abcd", /^SIP\/2\.0 400 /],
  ];
  await Promise.all(
    cases.map(async ([headers, body, answer]) => {
      const intruder = new Intruder(proxy.port);
      intruder.write(ordinary("OPTIONS", via, headers, body));
      await intruder.closed;
      assert.match(intruder.text, answer, headers);
    }),
  );
  // shorter than said: the rest is waited for, and the connection ends when the message takes too long
  const short = new Intruder(proxy.port);
  short.write(ordinary("OPTIONS", via, "Content-Length: 5000\r\n", "only this"));
  // longer than said: the message is served, what follows is no message
  const long = new Intruder(proxy.port);
  long.write(ordinary("OPTIONS", via, "Content-Length: 2\r\n", "xxGARBAGE that is no start line\r\n\r\n"));
  await Promise.all([short.closed, long.closed]);
  assert.equal(short.text, "");
  assert.match(long.statusLine, /^SIP\/2\.0 \d/);
  await assertServed({ proxy, phones });
}

async function slowSenders(scene: Scene): Promise<void> {
  const senders = Array.from({ length: 20 }, () => new Intruder(scene.proxy.port));
  await Promise.all(senders.map((sender) => sender.connected()));
  const text = ordinary("INVITE", "TCP 127.0.0.2:9", "Content-Length: 0\r\n");
  let at = 0;
  const drip = setInterval(() => {
    for (const sender of senders) if (!sender.socket.destroyed) sender.write(text[at] ?? "");
    at++;
  }, 100);
  try {
    await duringCalls(scene, () => Promise.all(senders.map((sender) => sender.closed)));
  } finally {
    clearInterval(drip);
  }
  for (const sender of senders) {
    assert.equal(sender.text, "");
    const lived = sender.lifetimeMs ?? 0;
    assert.ok(lived > 3900 && lived < 6000, `closed after ${lived.toFixed(0)} ms`);
  }
}

async function flood(scene: Scene): Promise<void> {
  const { proxy } = scene;
  const early = new Intruder(proxy.port);
  await early.connected();
  const intruders: Intruder[] = [];
  await duringCalls(scene, async () => {
    for (let i = 0; i < 400; i++) intruders.push(new Intruder(proxy.port));
    await Promise.all(intruders.map((intruder) => intruder.connected()));
    const open = await eventually(
      () => Promise.resolve(intruders.filter((intruder) => intruder.lifetimeMs === undefined).length),
      (count) => count <= 127,
    );
    // 128 of one address, the early one included
    assert.equal(open, 127);
  });
  early.write(ordinary("OPTIONS", "TCP 127.0.0.2:9", "Content-Length: 0\r\n"));
  await eventually(
    () => Promise.resolve(early.text),
    (text) => text !== "",
  );
  assert.match(early.statusLine, /^SIP\/2\.0 \d/);
  for (const intruder of intruders) intruder.destroy();
  early.destroy();
  // the places are free again
  const fresh = await eventually(
    async () => {
      const late = new Intruder(proxy.port);
      await late.connected();
      late.write(ordinary("OPTIONS", "TCP 127.0.0.2:9", "Content-Length: 0\r\n"));
      await eventually(
        () => Promise.resolve(late.text !== "" || late.lifetimeMs !== undefined),
        (done) => done,
        1000,
      );
      const { statusLine } = late;
      late.destroy();
      return statusLine;
    },
    (line) => line !== "",
  );
  assert.match(fresh, /^SIP\/2\.0 \d/);
}

/** Calls run beside `act`; every one of them must be answered and end. */
async function duringCalls<T>({ phones }: Scene, act: () => Promise<T>): Promise<T> {
  const calls: CallerCall[] = [];
  const place = (): void => {
    calls.push(phones.call({}, { steps: [{ afterMs: 60, act: "bye" }] }));
  };
  place();
  const timer = setInterval(place, 50);
  try {
    return await act();
  } finally {
    clearInterval(timer);
    await eventually(
      () => Promise.resolve(calls.every((call) => call.isDone)),
      (done) => done,
    );
    assert.deepEqual(
      calls.filter((call) => call.status !== 200 || !call.isDone).map((call) => call.status),
      [],
    );
  }
}

async function assertServed(scene: Scene): Promise<void> {
  await duringCalls(scene, () => new Promise<void>((resolve) => setTimeout(resolve, 120)));
}

// SIGTERM: nothing that was accepted is forgotten, nothing new is accepted, and the process ends with 0 within five seconds.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { eventually } from "../src/testing/index.ts";
import { Phones } from "./phones.ts";
import type { DoorName, Installation } from "./proxy.ts";

const RINGS = [{ afterMs: 5, status: 180, hasBody: false, isReliable: false }] as const;

/** Registers the tests. */
export function shutdownTests(installation: Installation): void {
  describe("SIGTERM", { concurrency: 2 }, () => {
    for (const door of ["routes", "script"] as const) endOf(installation, door);
  });
}

function endOf(installation: Installation, door: DoorName): void {
  test(`${door}: a call that is about to be answered is answered; one that goes on ringing gets 503 and its callee a CANCEL`, async () => {
    const proxy = await installation.start("answered", "127.0.0.1", door);
    const phones = await Phones.connect(proxy);
    const talking = phones.call();
    const answering = phones.call({ provisionals: RINGS, final: { afterMs: 1000, status: 200 } });
    const ringing = phones.call({ provisionals: RINGS, final: { afterMs: 60_000, status: 200 } });
    await eventually(
      () => Promise.resolve(talking.status === 200 && answering.provisional === 180 && ringing.provisional === 180),
      (done) => done,
    );
    const started = performance.now();
    proxy.child.signal("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const late = phones.call();
    const end = await proxy.child.ended;
    const tookMs = performance.now() - started;
    assert.equal(end.code, 0, end.stdout + end.stderr);
    assert.ok(tookMs < 5000, `the process took ${tookMs.toFixed(0)} ms to end`);
    assert.equal(late.status, 503);
    assert.equal(answering.status, 200);
    assert.equal(ringing.status, 503);
    const [lost] = phones.callee.calleesOf(ringing.callId);
    assert.equal(lost?.isCancelled, true);
    // an answered call goes on without us: nobody hangs it up
    assert.equal(talking.answeredLeg?.isOver, false);
    assert.equal(answering.answeredLeg?.isOver, false);
    assert.deepEqual(phones.checker.violations, []);
    phones.close();
  });

  test(`${door}: without calls it ends at once`, async () => {
    const proxy = await installation.start("answered", "127.0.0.1", door);
    const started = performance.now();
    const end = await proxy.stop();
    assert.equal(end.code, 0);
    assert.ok(performance.now() - started < 1500);
  });
}

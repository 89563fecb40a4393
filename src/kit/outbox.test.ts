import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Outbox, type Outgoing } from "./index.ts";

function setUp() {
  const deferred: (() => void)[] = [];
  const errors: unknown[] = [];
  const log: string[] = [];
  const outbox = new Outbox(
    (run) => deferred.push(run),
    (error) => errors.push(error),
  );
  const item = (name: string, then: () => void = () => {}): Outgoing => ({
    leave: () => {
      log.push(name);
      then();
    },
  });
  const endTurn = (): void => {
    for (const run of deferred.splice(0)) run();
  };
  return { outbox, deferred, errors, log, item, endTurn };
}

describe("the outbox", () => {
  test("lets everything of a turn leave at its end, in order, after the commits", () => {
    const { outbox, deferred, log, item, endTurn } = setUp();
    outbox.beforeLeaving(() => log.push("commit"));
    outbox.push(item("a"));
    outbox.push(item("b"));
    assert.deepEqual(log, []);
    assert.equal(outbox.pending, 2);
    assert.equal(deferred.length, 1, "one flush for the whole turn");
    endTurn();
    assert.deepEqual(log, ["commit", "a", "b"]);
    outbox.push(item("c"));
    endTurn();
    assert.deepEqual(log, ["commit", "a", "b", "commit", "c"]);
  });

  test("what is pushed while leaving leaves in the same flush, after a commit of its own", () => {
    const { outbox, deferred, log, item, endTurn } = setUp();
    outbox.beforeLeaving(() => log.push("commit"));
    outbox.push(item("a", () => outbox.push(item("later"))));
    outbox.push(item("b"));
    endTurn();
    assert.deepEqual(log, ["commit", "a", "b", "commit", "later"]);
    assert.equal(deferred.length, 0);
    assert.equal(outbox.pending, 0);
  });

  test("a flush asked for from inside a flush does not let anything leave twice", () => {
    const { outbox, log, item, endTurn } = setUp();
    outbox.push(
      item("a", () => {
        outbox.push(item("later"));
        outbox.flush();
      }),
    );
    outbox.push(item("b"));
    endTurn();
    assert.deepEqual(log, ["a", "b", "later"]);
  });

  test("an item or a commit that throws is reported, the rest leaves", () => {
    const { outbox, log, errors, item, endTurn } = setUp();
    outbox.beforeLeaving(() => {
      throw new RangeError("disk full");
    });
    outbox.push(
      item("a", () => {
        throw new RangeError("socket closed");
      }),
    );
    outbox.push(item("b"));
    endTurn();
    assert.deepEqual(log, ["a", "b"]);
    assert.equal(errors.length, 2);
    outbox.push(item("c"));
    endTurn();
    assert.deepEqual(log, ["a", "b", "c"]);
  });
});

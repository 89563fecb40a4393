import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Hold, Outbox, type Outgoing } from "./index.ts";

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

  test("a commit that is not done yet keeps its turn and all later ones back, in order", () => {
    const { outbox, log, item, endTurn } = setUp();
    const holds: Hold[] = [];
    let isSlow = true;
    outbox.beforeLeaving(() => {
      log.push("commit");
      if (isSlow) holds.push(outbox.hold());
      isSlow = false;
    });
    outbox.push(item("a"));
    endTurn();
    outbox.push(item("b"));
    endTurn();
    assert.deepEqual(log, ["commit", "commit"]);
    assert.equal(outbox.pending, 2);
    holds[0]?.release();
    assert.deepEqual(log, ["commit", "commit", "a", "b"]);
    assert.equal(outbox.pending, 0);
    outbox.push(item("c"));
    endTurn();
    assert.deepEqual(log.slice(4), ["commit", "c"], "a second turn after it needs no release");
  });

  test("each turn waits for its own hold; the first one released lets only itself go", () => {
    const { outbox, log, item, endTurn } = setUp();
    const holds: Hold[] = [];
    outbox.beforeLeaving(() => holds.push(outbox.hold()));
    for (const name of ["a", "b", "c"]) {
      outbox.push(item(name));
      endTurn();
    }
    holds[1]?.release();
    assert.deepEqual(log, [], "nothing overtakes");
    holds[0]?.release();
    holds[0]?.release();
    assert.deepEqual(log, ["a", "b"]);
    holds[2]?.release();
    assert.deepEqual(log, ["a", "b", "c"]);
  });

  test("a hold released by the commit of a later turn lets the held leave before that turn's own", () => {
    const { outbox, log, item, endTurn } = setUp();
    let hold: Hold | undefined;
    outbox.beforeLeaving(() => {
      if (hold === undefined) hold = outbox.hold();
      else hold.release();
    });
    outbox.push(item("a"));
    endTurn();
    outbox.push(item("b"));
    endTurn();
    assert.deepEqual(log, ["a", "b"]);
  });

  test("what is pushed while held things leave comes after all of them", () => {
    const { outbox, log, item, endTurn } = setUp();
    let hold: Hold | undefined;
    outbox.beforeLeaving(() => {
      hold ??= outbox.hold();
    });
    outbox.push(
      item("a", () => {
        outbox.push(item("answer"));
        outbox.flush();
      }),
    );
    endTurn();
    outbox.push(item("b"));
    endTurn();
    hold?.release();
    assert.deepEqual(log, ["a", "b"]);
    endTurn();
    assert.deepEqual(log, ["a", "b", "answer"]);
  });

  test("commits run at the end of a turn that asks for it without pushing anything", () => {
    const { outbox, deferred, log, endTurn } = setUp();
    outbox.beforeLeaving(() => log.push("commit"));
    outbox.schedule();
    outbox.schedule();
    assert.equal(deferred.length, 1);
    endTurn();
    assert.deepEqual(log, ["commit"]);
  });

  test("commits run once more when one of them, or something that leaves, asks for it", () => {
    const { outbox, deferred, log, item, endTurn } = setUp();
    let asks = 1;
    outbox.beforeLeaving(() => {
      log.push("commit");
      if (asks-- > 0) outbox.schedule();
    });
    outbox.schedule();
    endTurn();
    assert.equal(deferred.length, 1);
    endTurn();
    assert.equal(deferred.length, 0);
    outbox.push(item("a", () => outbox.schedule()));
    endTurn();
    endTurn();
    assert.deepEqual(log, ["commit", "commit", "commit", "a", "commit"]);
    assert.equal(deferred.length, 0);
  });
});

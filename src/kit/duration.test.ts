import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DialoomError, durationMs, ErrorCodes, Feed, invariant, randomHex, randomUnit } from "./index.ts";

describe("durations", () => {
  for (const [value, unit, expected] of [
    [30, 1000, 30_000],
    ["30", 1000, 30_000],
    ["30s", 1, 30_000],
    ["500ms", 1000, 500],
    ["1h 30m", 1000, 5_400_000],
    ["12h", 1, 43_200_000],
    ["1.5s", 1, 1500],
    ["1d", 1, 86_400_000],
    [0, 1, 0],
    [-1, 1000, undefined],
    [Number.NaN, 1, undefined],
    ["", 1, undefined],
    ["s", 1, undefined],
    ["1y", 1, undefined],
    ["1.2.3s", 1, undefined],
    ["-5s", 1, undefined],
  ] as const) {
    test(`${JSON.stringify(value)} counted in ${unit} ms is ${expected}`, () => {
      assert.equal(durationMs(value, unit), expected);
    });
  }
});

describe("small things", () => {
  test("a broken invariant throws and names the claim, a held one does nothing", () => {
    invariant(true, "fine");
    assert.throws(
      () => invariant(false, "counts equal memberships"),
      (error) => error instanceof DialoomError && error.code === ErrorCodes.Invariant && error.message.includes("counts equal memberships"),
    );
  });

  test("random text has the length and the digits asked for, and uses all bits of a draw", () => {
    let draws = 0;
    const random = {
      uint32: () => {
        draws++;
        return 0x89abcdef;
      },
    };
    assert.equal(randomHex(random, 10), "fedcba98fe");
    assert.equal(draws, 2);
    assert.equal(randomHex(random, 0), "");
    assert.equal(randomUnit({ uint32: () => 0 }), 0);
    assert.ok(randomUnit({ uint32: () => 0xffffffff }) < 1);
  });

  test("a feed tells everyone in order, also when one of them throws or leaves", () => {
    const errors: unknown[] = [];
    const feed = new Feed<number>((error) => errors.push(error));
    const log: string[] = [];
    const leave = feed.subscribe((item) => {
      log.push(`a${item}`);
      leave();
    });
    feed.subscribe(() => {
      throw new RangeError("broken subscriber");
    });
    feed.subscribe((item) => log.push(`c${item}`));
    feed.publish(1);
    feed.publish(2);
    assert.deepEqual(log, ["a1", "c1", "c2"]);
    assert.equal(errors.length, 2);
  });
});

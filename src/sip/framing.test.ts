import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { invite } from "./harness.ts";
import { LENGTH_BAD, LENGTH_MISSING, LENGTHS_DIFFER, scanHead } from "./index.ts";

describe("framing (T-23)", () => {
  test("finds the head and its length, from any offset", () => {
    const text = invite();
    const scan = scanHead(text, 0);
    assert.equal(text.slice(scan.bodyAt), "v=0\r\n");
    assert.equal(scan.contentLength, 5);
    assert.equal(scan.bodyAt - scan.headEnd, 2);
    const later = scanHead(`${text}${text}`, text.length);
    assert.deepEqual([later.bodyAt, later.contentLength], [text.length + scan.bodyAt, 5]);
  });
  test("is not complete before the empty line is, byte by byte, resumed or not", () => {
    const text = invite();
    const { bodyAt } = scanHead(text, 0);
    let resumeAt = 0;
    for (let length = 0; length <= bodyAt; length++) {
      const part = text.slice(0, length);
      const fresh = scanHead(part, 0);
      const resumed = scanHead(part, 0, resumeAt);
      assert.equal(fresh.bodyAt, length === bodyAt ? bodyAt : -1, String(length));
      assert.equal(resumed.bodyAt, fresh.bodyAt);
      assert.ok(resumed.resumeAt >= resumeAt && (length === 0 || length === bodyAt || resumed.resumeAt <= length));
      if (fresh.bodyAt < 0) resumeAt = resumed.resumeAt;
    }
  });
  test("knows line ends of one LF", () => {
    const scan = scanHead("A b\nl: 7\n\nxyz", 0);
    assert.deepEqual([scan.headEnd, scan.bodyAt, scan.contentLength], [9, 10, 7]);
  });
  const LENGTHS: readonly (readonly [lines: string, length: number])[] = [
    ["X: 1", LENGTH_MISSING],
    ["Content-Length: 0", 0],
    ["CONTENT-LENGTH \t: 12", 12],
    ["l:\r\n 13", 13],
    ["l: 14\r\nContent-Length: 14", 14],
    ["l: 14\r\nContent-Length: 15", LENGTHS_DIFFER],
    ["l: 14\r\nContent-Length: x", LENGTHS_DIFFER],
    ["l: -1", LENGTH_BAD],
    ["l: +5", LENGTH_BAD],
    ["l: 0x10", LENGTH_BAD],
    ["l: 4294967301", LENGTH_BAD],
    ["l: 18446744073709551621", LENGTH_BAD],
    ["l: 5, 5", LENGTH_BAD],
    ["l:", LENGTH_BAD],
    ["junk line\r\nl: 16", 16],
    ["X: y\r\n Content-Length: 17", LENGTH_MISSING],
    ["X: y\rContent-Length: 18", LENGTH_MISSING],
    ["Content-Length\0: 19", LENGTH_MISSING],
  ];
  for (const [head, length] of LENGTHS) {
    test(`${JSON.stringify(head)} is ${length}`, () =>
      assert.equal(scanHead(`INVITE sip:a@b SIP/2.0\r\n${head}\r\n\r\n`, 0).contentLength, length));
  }
});

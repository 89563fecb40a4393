import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bytesOf, keep, latin1 } from "./index.ts";

describe("keep", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  for (const [name, text] of [
    ["nothing", ""],
    ["a short tag", "1928301774"],
    ["every byte there is", all],
    ["more than the scratch buffer holds", "x".repeat(70_000)],
    ["exactly the scratch buffer", "y".repeat(65_536)],
    ["characters above U+00FF", "Кириллица длинная, 日本語, 🙂"],
    ["one such character at the end of a long text", `${"a".repeat(70_000)}€`],
  ] as const) {
    test(`gives back ${name} unchanged`, () => {
      assert.equal(keep(text), text);
    });
  }

  test("a kept slice does not hold on to the text it was cut from", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kept: string[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200; i++) {
      const datagram = latin1(Buffer.alloc(60_000, 65 + (i % 26)));
      kept.push(keep(datagram.slice(100, 140)));
    }
    collect();
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 2_000_000, `200 kept slices of 60,000-byte texts hold ${grown} bytes`);
    assert.ok(kept.every((text) => text.length === 40));
  });

  test("bytes become text and text bytes without loss", () => {
    assert.equal(latin1(bytesOf(all)), all);
    assert.equal(latin1(bytesOf("abcdef"), 2, 4), "cd");
  });
});

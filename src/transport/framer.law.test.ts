import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type FramerSink, StreamFramer } from "./framer.ts";

const newline = fc.constantFrom("\r\n", "\n");
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ0189-._~ \t:;=<>"\xe4\xff'), maxLength: 30 });
const body = fc.oneof(
  fc.string({ unit: fc.constantFrom("\r", "\n", "\0", "a", "\xff", "\r\n\r\n", "Content-Length: 3\r\n"), maxLength: 60 }),
  fc.constant(""),
);

const message = fc
  .record({ nl: newline, headers: fc.array(word, { maxLength: 5 }), body, compact: fc.boolean(), fold: fc.boolean() })
  .map(
    ({ nl, headers, body: text, compact, fold }) =>
      `NOTIFY sip:a@b SIP/2.0${nl}${headers.map((value) => `X-A: ${value}${nl}`).join("")}` +
      `${compact ? "l" : "Content-Length"}:${fold ? `${nl} ` : " "}${text.length}${nl}${nl}${text}`,
  );

class Collector implements FramerSink {
  readonly messages: string[] = [];
  readonly breaks: string[] = [];

  message(text: string): void {
    this.messages.push(text);
  }
  ping(): void {}
  broken(text: string, isTooLarge: boolean): void {
    this.breaks.push(`${isTooLarge} ${text}`);
  }
}

function frame(pieces: readonly string[]): Collector {
  const sink = new Collector();
  const framer = new StreamFramer(sink, 4096);
  for (const piece of pieces) framer.push(piece);
  return sink;
}

function cut(text: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
  const pieces: string[] = [];
  let from = 0;
  for (const to of [...at, text.length]) {
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

test("any split of any sequence of messages gives these messages", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("", "\r\n", "\r\n\r\n", "\n\n\n"), message), { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (sent, cuts) => {
        const sink = frame(cut(sent.map(([between, text]) => between + text).join(""), cuts));
        assert.deepEqual(
          sink.messages,
          sent.map(([, text]) => text),
        );
        assert.deepEqual(sink.breaks, []);
      },
    ),
    { numRuns: 1000 },
  );
});

test("whatever arrives, the split does not change what comes out, and nothing is thrown", () => {
  const noise = fc.string({ unit: fc.constantFrom("\r", "\n", "A", ":", " ", "\x16", "\0", "9", "l: 3\r\n", "\r\n\r\n"), maxLength: 80 });
  fc.assert(
    fc.property(fc.array(fc.oneof(message, noise), { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 40 }), (sent, cuts) => {
      const text = sent.join("");
      const whole = frame([text]);
      const pieces = frame(cut(text, cuts));
      assert.deepEqual(pieces.messages, whole.messages);
      assert.deepEqual(pieces.breaks, whole.breaks);
    }),
    { numRuns: 1000 },
  );
});

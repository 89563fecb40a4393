import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type MessageFacts, MessageRing } from "./message-ring.ts";

const BLANK: MessageFacts = {
  keyLow: 0,
  keyHigh: 0,
  order: 0,
  at: 0,
  port: 5060,
  address: 0x0a00_0002,
  size: 0,
  flags: 0,
  listener: 0,
  textLength: 0,
  cseqLength: 0,
  hostLength: 0,
};

function write(ring: MessageRing, facts: Partial<MessageFacts>, length: number, reserve: number): string {
  const text = String.fromCharCode(97 + ((facts.order ?? 0) % 26)).repeat(length);
  const at = ring.open(reserve);
  ring.bytes.latin1Write(text, at, length);
  ring.close({ ...BLANK, ...facts, textLength: length });
  return text;
}

test("whatever is written, the ring takes no more than it has, and what it still has is what was written, in order and by call", () => {
  const message = fc.record({
    call: fc.nat(6),
    length: fc.nat(240),
    spare: fc.nat(40),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 400 }), fc.integer({ min: 0, max: 20_000 }), (messages, size) => {
      const ring = new MessageRing(size);
      const { bytes } = ring;
      const bound = bytes.length;
      const written: { call: number; order: number; text: string }[] = [];
      messages.forEach(({ call, length, spare }, i) => {
        const most = Math.min(length + spare, ring.longest);
        const kept = Math.min(length, most);
        // two calls share a chain, and two a half of the key
        const keyLow = call >> 1;
        written.push({ call, order: i, text: write(ring, { keyLow, keyHigh: call, order: i, at: 2 ** 40 + i }, kept, most) });
        assert.ok(ring.used <= bound);
        assert.equal(ring.bytes, bytes);
        assert.equal(ring.oldestAt, 2 ** 40 + ring.overwritten);
      });
      for (let call = 0; call <= 6; call++) {
        const there = written.filter((one) => one.call === call && one.order >= ring.overwritten);
        assert.deepEqual(
          ring.of(call >> 1, call).map(({ order, text }) => ({ call, order, text })),
          there,
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("the last messages are there, as many as there is room for", () => {
  const ring = new MessageRing(4096);
  for (let i = 0; i < 1000; i++) write(ring, { order: i }, 60, 60);
  // ten words and the text
  assert.ok(ring.overwritten >= 1000 - 4096 / 100 && ring.overwritten <= 1000 - 4096 / 100 + 2);
  const orders = ring.of(0, 0).map(({ order }) => order);
  assert.deepEqual(
    orders,
    Array.from({ length: 1000 - ring.overwritten }, (_, i) => ring.overwritten + i),
  );
});

test("every fact comes back as it was, up to its bounds", () => {
  const ring = new MessageRing(65_536);
  const facts: MessageFacts = {
    keyLow: -5,
    keyHigh: 0x7fff_ffff,
    order: 0xffff_fff0,
    at: 4_102_444_800_123,
    port: 65_535,
    address: 0xffff_ffff,
    size: 0xffff_ffff,
    flags: 0xff,
    listener: 255,
    textLength: 3,
    cseqLength: 5,
    hostLength: 39,
  };
  const at = ring.open(47);
  ring.bytes.latin1Write("abc1 BYE2001:0db8:0000:0000:0000:0000:0000:0001", at);
  ring.close(facts);
  const [record] = ring.of(-5, 0x7fff_ffff);
  assert.deepEqual(record, {
    ...facts,
    keyLow: 0xffff_fffb,
    text: "abc",
    cseq: "1 BYE",
    host: "2001:0db8:0000:0000:0000:0000:0000:0001",
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TestClock } from "../testing/index.ts";
import { bench, request, response } from "./harness.ts";

const BASE = [request(), request({ method: "INVITE", body: "v=0\r\n" }), response("SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1")];

/** A good message with a few bytes changed, cut, doubled or moved. */
const damaged = fc
  .tuple(
    fc.constantFrom(...BASE),
    fc.array(
      fc.tuple(
        fc.nat(600),
        fc.nat(40),
        fc.string({ unit: fc.constantFrom("\r", "\n", "\0", "\xff", " ", ":", ";", "<", '"', "z", "9"), maxLength: 6 }),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([text, cuts]) => cuts.reduce((out, [at, length, put]) => out.slice(0, at) + put + out.slice(at + length), text));

const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

test("whatever arrives is handed up, refused or dropped: exactly one of them, counted, and never an exception", async () => {
  const clock = new TestClock();
  const b = await bench(clock, ["udp:192.0.2.7"]);
  const [socket] = b.network.datagrams;
  assert.ok(socket);
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (text) => {
      const messages = b.above.messages.length;
      const faults = b.above.faults.length;
      const bad = b.stat("core:bad_msg_hdr");
      const errors = b.stat("core:err_requests") + b.stat("core:err_replies");
      socket.on.datagram(text, "198.51.100.1", 5070);
      const gained = b.above.messages.length - messages;
      const refused = b.above.faults.length - faults;
      assert.ok(gained + refused <= 1);
      assert.equal(b.stat("core:bad_msg_hdr") - bad, refused);
      assert.equal(b.stat("core:err_requests") + b.stat("core:err_replies") - errors, refused);
      assert.equal(b.stat("core:internal_errors"), 0);
    }),
    { numRuns: 2000 },
  );
});

test("whatever a stream brings, its connection is either still framed or on its way out, and no timer stays", async () => {
  const clock = new TestClock();
  const b = await bench(clock, ["tcp:192.0.2.7"]);
  fc.assert(
    fc.property(fc.array(fc.oneof(damaged, noise, fc.constantFrom(...BASE)), { maxLength: 4 }), fc.nat(200), (pieces, size) => {
      const stream = b.network.accept("198.51.100.1", 40_000);
      const text = pieces.join("");
      for (let at = 0; at < text.length; at += size + 1) stream.handler?.data(text.slice(at, at + size + 1));
      clock.advance(130_000);
      assert.equal(stream.isDestroyed, true, "idle or broken: gone in the end");
      assert.equal(b.stat("net:tcp_connections"), 0);
      assert.equal(b.timers.count, 0);
      assert.equal(b.stat("core:internal_errors"), 0);
    }),
    { numRuns: 500 },
  );
});

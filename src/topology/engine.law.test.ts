// What a stranger writes into our own Contacts and Call-IDs, through the whole engine.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Log } from "../kit/index.ts";
import { Stage } from "../testing/stage.ts";
import { encodeContact, TOPOLOGY_DEFAULTS } from "./index.ts";

const token = fc.string({ unit: fc.constantFrom(..."ABCXYZabcxyz0189+.-%<>@:; ="), maxLength: 40 });
const field = fc.oneof(
  token,
  fc.constantFrom(
    "",
    "sip:bob@10.0.2.1",
    "<sip:10.0.2.9;lr>",
    "<sip:10.0.2.9>,<sip:x@y>",
    "sip:a\r\nX: y",
    "<sip:10.0.2.9;lr>\r\n ;x=y",
    "udp:10.0.0.1:5060",
  ),
);

test("no Contact and no Call-ID that somebody makes up throws, or gets a line of its own into a message", async () => {
  const errors: unknown[] = [];
  const quiet = (): void => {};
  const log: Log = { error: (...line: unknown[]) => errors.push(line), warn: quiet, info: quiet, debug: quiet };
  const stage = await new Stage({ log, slErrorRate: 0, slErrorRateTotal: 0 }).open();
  stage.engine.topology.watchCallIds();
  const eve = await stage.party("10.0.9.1");
  const bob = await stage.party("10.0.2.1");
  let count = 0;
  const send = (param: string, callId: string): void => {
    count++;
    eve.send(
      `INFO sip:10.0.0.1;thinfo=${param} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.9.1;branch=z9hG4bK-${count}\r\nFrom: <sip:e@x>;tag=e\r\nTo: <sip:b@x>;tag=b\r\nCall-ID: ${callId}\r\nCSeq: 1 INFO\r\nContact: <sip:e@10.0.9.1>\r\nContent-Length: 0\r\n\r\n`,
    );
    for (const text of bob.inbox) assert.ok(!text.includes("\r\nX: y"), text);
    bob.inbox.length = 0;
    eve.inbox.length = 0;
  };
  fc.assert(
    fc.property(token, token, (param, callId) => send(param, `DLGCH_${callId}`)),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(field, field, fc.nat({ max: 127 }), field, (routes, contact, flags, socket) => {
      send(encodeContact({ routes, contact, flags, socket }, TOPOLOGY_DEFAULTS) ?? "", "plain");
    }),
    { numRuns: 500 },
  );
  assert.deepEqual(errors, []);
});

// A database server that stays away until the queue of rows is full: memory is bounded, calls go on, and when the server is back every call
// has its row all the same.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { sippMissing } from "../../src/testing/index.ts";
import { ProxyNode } from "./proxy-node.ts";

/** The least that can be set. */
const QUEUE = 1000;
const CALLS = 1150;

test("more calls than rows may wait", { skip: postgresMissing() ?? sippMissing() ?? false }, async (t) => {
  const server = await PostgresServer.start();
  t.after(() => server.remove());
  const node = await ProxyNode.begin(t, {
    direct: server.url(await server.createDatabase()),
    settings: [`dbQueueMax=${QUEUE}`],
    calls: CALLS,
    rate: 120,
    talkMs: 25_000,
  });
  await server.stop();
  await node.place();
  assert.ok((await node.until("store:dropped", (rows) => rows >= CALLS - QUEUE)) >= CALLS - QUEUE);
  assert.equal(await node.until("store:pending", (rows) => rows === QUEUE), QUEUE, "no more than that wait");
  await server.start();
  await node.equal();
  const { "store:dropped": dropped } = await node.management.statistics(["store:dropped"]);
  await node.over(dropped);
});

// Outages of database servers under real calls through a real process: no call fails, nothing that is true is lost, and when the server is
// back its table says what memory says.
import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import {
  type DatabaseServer,
  MariadbServer,
  mariadbMissing,
  PostgresServer,
  postgresMissing,
  Relay,
} from "../../src/testing/databases/index.ts";
import { sippMissing } from "../../src/testing/index.ts";
import { ProxyNode } from "./proxy-node.ts";

const KINDS = [
  { name: "PostgreSQL", start: () => PostgresServer.start(), missing: postgresMissing() },
  { name: "MariaDB", start: () => MariadbServer.start(), missing: mariadbMissing() },
];

for (const { name, start, missing } of KINDS) {
  describe(`calls while ${name} is away`, { skip: missing ?? sippMissing() ?? false }, () => {
    let server: DatabaseServer;
    before(async () => {
      server = await start();
    });
    after(() => server?.remove());

    /** Calls begin; after a second the trouble does, three seconds later it ends. */
    const through = async (
      t: TestContext,
      begin: (relay: Relay) => unknown,
      end: (relay: Relay) => unknown,
      afterwards: (node: ProxyNode) => Promise<void> = async () => {},
    ): Promise<void> => {
      const relay = await Relay.start(server.port);
      t.after(async () => {
        server.thaw();
        await server.start();
        await relay.close();
      });
      const name = await server.createDatabase();
      const node = await ProxyNode.begin(t, { direct: server.url(name), store: server.url(name, relay.port) });
      await node.place();
      await pause(1000);
      await begin(relay);
      await pause(3000);
      await end(relay);
      await node.equal();
      await node.over();
      await afterwards(node);
    };

    test("stopped and started again", (t) =>
      through(
        t,
        () => server.stop(),
        () => server.start(),
      ));
    test("killed and started again", (t) =>
      through(
        t,
        () => server.kill(),
        () => server.start(),
      ));
    test("frozen", (t) =>
      through(
        t,
        () => server.freeze(),
        () => server.thaw(),
      ));
    test("750 ms away", (t) =>
      through(
        t,
        (relay) => relay.delay(750),
        (relay) => relay.delay(0),
      ));
    test("30 s away", (t) =>
      through(
        t,
        (relay) => relay.delay(30_000),
        (relay) => {
          relay.delay(0);
          relay.cut(); // what was under way would still come after 15 s
        },
      ));
    test("nothing comes through", (t) =>
      through(
        t,
        (relay) => relay.hold(true),
        (relay) => relay.hold(false),
      ));
    test("the connection is lost in transactions, before the server has them and after", (t) => {
      let [rows, cuts] = [0, 0];
      return through(
        t,
        (relay) =>
          relay.onClientBytes((bytes) => {
            if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes("sip:bob@") || ++rows % 2 !== 0) return;
            // every other one goes on to the server, but its answer finds nobody
            if (++cuts % 2 === 0) relay.cut();
            else setImmediate(() => relay.cut());
          }),
        (relay) => relay.onClientBytes(undefined),
        async (node) => {
          assert.ok(cuts >= 4, `${cuts} cuts`);
          const { "store:retries": retries } = await node.management.statistics(["store:retries"]);
          assert.ok((retries ?? 0) >= cuts, `${retries} transactions were tried again`);
        },
      );
    });
    test("the connection breaks again and again", (t) => {
      let timer: NodeJS.Timeout | undefined;
      t.after(() => clearInterval(timer));
      return through(
        t,
        (relay) => {
          timer = setInterval(() => relay.cut(), 200);
        },
        () => clearInterval(timer),
      );
    });
  });
}

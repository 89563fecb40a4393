import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { after, describe, test } from "node:test";
import { MariadbServer, mariadbMissing } from "./mariadb-server.ts";
import { PostgresServer, postgresMissing } from "./postgres-server.ts";
import { Relay } from "./relay.ts";
import type { DatabaseServer } from "./server.ts";

/** What a server says first to somebody who sends `bytes`; undefined when nothing comes within `limitMs`, or the connection breaks. */
function hears(port: number, bytes: Uint8Array | undefined, limitMs: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (answer: Uint8Array | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, limitMs, undefined);
    socket.on("error", () => end(undefined));
    socket.on("close", () => end(undefined));
    socket.on("data", end);
    if (bytes !== undefined) socket.write(bytes);
  });
}

/** PostgreSQL waits for its client to speak first (an SSLRequest here), MariaDB greets. */
const GREETING = { postgres: Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47), mysql: undefined };

const kinds = [
  { name: "PostgreSQL", start: () => PostgresServer.start(), missing: postgresMissing() },
  { name: "MariaDB", start: () => MariadbServer.start(), missing: mariadbMissing() },
];

for (const { name, start, missing } of kinds) {
  describe(`the launcher of ${name}`, { skip: missing ?? false }, () => {
    let server: DatabaseServer | undefined;
    after(() => server?.remove());
    const answers = async (limitMs = 5000): Promise<boolean> => {
      assert.ok(server !== undefined);
      return (await hears(server.port, GREETING[server.dialect], limitMs)) !== undefined;
    };

    test("starts it on a port of its own, and makes databases", async () => {
      server = await start();
      assert.ok(server.isRunning);
      assert.ok(await answers());
      assert.notEqual(await server.createDatabase(), await server.createDatabase());
    });

    test("freezes it: connections are taken by the system and hear nothing; thawed, it goes on", async () => {
      server?.freeze();
      assert.equal(await answers(300), false);
      server?.thaw();
      assert.ok(await answers());
    });

    test("kills it, and starts it again on the same files and port", async () => {
      await server?.kill();
      assert.equal(server?.isRunning, false);
      assert.equal(await answers(), false);
      await server?.start();
      assert.ok(await answers());
      await server?.stop();
      assert.equal(await answers(), false);
      await server?.start();
      assert.ok(await answers());
    });

    test("leaves nothing behind", async () => {
      await server?.remove();
      const left = ["/dev/shm", "/tmp"].filter(existsSync).flatMap((folder) => readdirSync(folder));
      assert.deepEqual(
        left.filter((entry) => entry.startsWith(`dialoom-db-${process.pid}-`)),
        [],
      );
    });

    test("a relay delays, holds back, refuses and cuts", async () => {
      server = await start();
      const relay = await Relay.start(server.port);
      const greeting = GREETING[server.dialect];
      const asked = async (limitMs: number): Promise<boolean> => (await hears(relay.port, greeting, limitMs)) !== undefined;
      try {
        assert.ok(await asked(5000));
        relay.delay(400);
        const before = performance.now();
        assert.ok(await asked(5000));
        assert.ok(performance.now() - before >= 199, "at least one direction of the way");
        relay.delay(0);
        relay.hold(true);
        assert.equal(await asked(300), false);
        relay.hold(false);
        relay.refuse(true);
        assert.equal(await asked(5000), false);
        relay.refuse(false);
        relay.delay(60_000);
        const waiting = asked(30_000);
        relay.onClientBytes(() => {});
        while (relay.connections < 5) await new Promise((resolve) => setImmediate(resolve));
        relay.cut();
        assert.equal(await waiting, false);
      } finally {
        await relay.close();
        await server.remove();
      }
    });
  });
}

const STOP = "!".charCodeAt(0);

for (const from of ["client", "server"] as const) {
  test(`a relay breaks a connection at the byte that its judge names (from the ${from})`, async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const relay = await Relay.start(address.port);
    const accepted = once(server, "connection");
    const client = connect(relay.port, "127.0.0.1");
    const [far]: Socket[] = await accepted;
    assert.ok(far !== undefined);
    const [speaker, listener] = from === "client" ? [client, far] : [far, client];
    speaker.on("error", () => {});
    const broke = new Promise((resolve) => speaker.once("close", resolve));
    const heard: Buffer[] = [];
    listener.on("data", (bytes: Buffer) => heard.push(bytes));
    const ended = once(listener, "end");
    try {
      relay.judge((bytes, end) => (end === from && bytes.includes(STOP) ? bytes.indexOf(STOP) : undefined));
      speaker.write("passes. ");
      while (heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
      speaker.write("so far! and no further");
      await Promise.all([broke, ended]);
      assert.equal(Buffer.concat(heard).toString(), "passes. so far");
    } finally {
      client.destroy();
      far.destroy();
      await relay.close();
      server.close();
    }
  });
}

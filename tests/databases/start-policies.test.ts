// What the proxy as a process does when its database server is not there at the start: each policy of `dbStart`.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type DatabaseServer, MariadbServer, mariadbMissing, PostgresServer, postgresMissing } from "../../src/testing/databases/index.ts";
import { Child, freePorts, Management, sippMissing } from "../../src/testing/index.ts";
import { LAUNCHER, ProxyNode } from "./proxy-node.ts";

for (const [name, start, missing] of [
  ["PostgreSQL", () => PostgresServer.start(), postgresMissing()],
  ["MariaDB", () => MariadbServer.start(), mariadbMissing()],
] as const) {
  describe(`a proxy that starts before ${name} does`, { skip: missing ?? sippMissing() ?? false }, () => {
    let server: DatabaseServer;
    before(async () => {
      server = await start();
    });
    after(() => server?.remove());

    test("refuse, the default: three tries, then status 75 with the reason, never the password", async (t) => {
      const store = `store=${server.url(await server.createDatabase())}`;
      await server.stop();
      t.after(() => server.start());
      const child = new Child({ file: LAUNCHER, args: ["-l", "udp:127.0.0.1:0", "--mi", "off", "--set", store] });
      t.after(() => child.signal("SIGKILL"));
      const { code, stdout, stderr } = await child.ended;
      assert.equal(code, 75, stderr);
      const said = stdout + stderr;
      assert.match(said, /"tries":1,"msg":"the database cannot be reached; trying again"/);
      assert.match(stderr, /^dialoom: store: .*ECONNREFUSED/m);
      assert.ok(!said.includes(server.password), said);
    });

    test("wait: says that it waits, and goes on as soon as the server is there", async (t) => {
      const url = server.url(await server.createDatabase());
      const made = await new Child({ file: LAUNCHER, args: ["db", "init", url] }).ended;
      assert.equal(made.code, 0, made.stderr);
      await server.stop();
      t.after(() => server.start());
      const [sip = 0, mi = 0] = await freePorts(2);
      const args = ["-l", `udp:127.0.0.1:${sip}`, "--mi", `127.0.0.1:${mi}`, "--set", `store=${url}`, "--set", "dbStart=wait"];
      const child = new Child({ file: LAUNCHER, args });
      t.after(async () => {
        child.signal("SIGTERM");
        await child.ended;
      });
      await child.says("the database cannot be reached; trying again");
      await server.start();
      await child.says("the database is there");
      await child.says(`http://127.0.0.1:${mi}/mi`);
      assert.deepEqual(await new Management(`127.0.0.1:${mi}`).dialogs(), []);
    });

    test("without: calls go on at once, the database counts as degraded, and gets their rows when it comes", async (t) => {
      const node = await ProxyNode.begin(t, {
        direct: server.url(await server.createDatabase()),
        settings: ["dbStart=without"],
        prepare: () => server.stop(),
      });
      t.after(() => server.start());
      assert.equal(await node.until("store:degraded", (count) => count === 1), 1);
      await node.place();
      assert.ok((await node.until("dialog:active_dialogs", (calls) => calls >= 40)) >= 40);
      await server.start();
      await node.equal();
      await node.over();
    });
  });
}

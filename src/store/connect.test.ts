import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { DialoomError, type Log, type LogLine } from "../kit/index.ts";
import { freePort } from "../testing/process/ports.ts";
import { openDatabase } from "./connect.ts";
import { StoreError } from "./ports.ts";

function recorder(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = [];
  const line =
    (level: string): LogLine =>
    (fields, text) =>
      said.push(`${level}: ${text} ${JSON.stringify(fields)}`);
  return { said, log: { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") } };
}

const SECRET = "topsecret";
const away = (error: unknown): boolean => error instanceof StoreError && error.fault === "away" && !error.message.includes(SECRET);

describe("opening a database", () => {
  test("a URL that is none is refused at once with those that are", async () => {
    const { log } = recorder();
    for (const url of ["", "dialogs.db", "redis://u:topsecret@host/1", "sqlite:", "mysql://u:topsecret@host"]) {
      await assert.rejects(
        openDatabase(url, { log }),
        (error) => error instanceof DialoomError && /write "?(sqlite:|mysql:)/.test(error.message) && !error.message.includes(SECRET),
        url,
      );
    }
  });

  test("a SQLite file is opened by any of its spellings", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dialoom-connect-"));
    try {
      const database = await openDatabase(`sqlite://${folder}/a.db`, { log: recorder().log });
      assert.equal(database.dialect, "sqlite");
      await database.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  for (const scheme of ["postgres", "mysql"]) {
    test(`refuse: a ${scheme} server that is not there is tried three times, then named with the reason`, async () => {
      const { log, said } = recorder();
      const url = `${scheme}://u:${SECRET}@127.0.0.1:${await freePort()}/db`;
      await assert.rejects(openDatabase(url, { log, pauseMs: 1 }), (error) => away(error) && /ECONNREFUSED/.test(String(error)));
      assert.equal(said.length, 2, "before the second and the third try");
      assert.match(said[0] ?? "", /^warn: the database cannot be reached; trying again .*ECONNREFUSED.*"tries":1/);
      assert.ok(!said.join().includes(SECRET));
    });

    test(`without: a ${scheme} server that is not there is gone on without, with one line`, async () => {
      const { log, said } = recorder();
      const url = `${scheme}://u:${SECRET}@127.0.0.1:${await freePort()}/db`;
      const database = await openDatabase(url, { log, start: "without", pauseMs: 1 });
      assert.equal(said.length, 1);
      assert.match(said[0] ?? "", /^warn: starting without the database/);
      await assert.rejects(database.transact([]), away);
      await database.close();
    });

    test(`wait: a ${scheme} server is waited for until somebody stops us`, async () => {
      const { log, said } = recorder();
      const stop = new AbortController();
      const url = `${scheme}://u:${SECRET}@127.0.0.1:${await freePort()}/db`;
      const counting: Log = {
        ...log,
        warn: (fields, text) => {
          log.warn(fields, text);
          if (said.length === 4) stop.abort();
        },
      };
      await assert.rejects(openDatabase(url, { log: counting, start: "wait", pauseMs: 1, signal: stop.signal }), away);
      assert.deepEqual(
        said.map((line) => Number(/"tries":(\d+)/.exec(line)?.[1])),
        [1, 2, 3, 30],
        "not a line for each try",
      );
    });
  }
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { all, folder, keptLog, opened } from "./harness.ts";

const child = fileURLToPath(new URL("./crash-harness.ts", import.meta.url));

/**
 * Has a process write until it is killed: by itself at a place of a turn, or from outside once it has said so many lines.
 * @returns the last number that left
 */
async function writeUntilKilled(path: string, place: string, turn: number, synchronous: string, lines = 0): Promise<number> {
  const writing = spawn(process.execPath, [child, path, place, String(turn), synchronous], { stdio: ["ignore", "pipe", "inherit"] });
  const watchdog = setTimeout(() => writing.kill("SIGKILL"), 50_000);
  let said = "";
  writing.stdout.setEncoding("latin1");
  writing.stdout.on("data", (text: string) => {
    said += text;
    if (lines > 0 && Number(/(\d+)\n$/.exec(said)?.[1] ?? 0) >= lines) writing.kill("SIGKILL");
  });
  const [[, signal]] = await Promise.all([once(writing, "exit"), once(writing.stdout, "end")]);
  clearTimeout(watchdog);
  assert.equal(signal, "SIGKILL");
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1) ?? 0);
}

describe("a process that is killed", () => {
  for (const [place, turn, synchronous, lines] of [
    ["written", 300, "off", 0],
    ["leaving", 500, "off", 0],
    ["never", 0, "off", 700],
    ["never", 0, "off", 2500],
    ["leaving", 40, "full", 0],
  ] as const) {
    const how =
      place === "never" ? `from outside after ${lines} turns` : `${place === "written" ? "between commit and leaving" : "while leaving"}`;
    test(`${how}, synchronous=${synchronous}: what has left is in the file, whole turns only`, async (t) => {
      const path = join(folder(t), "a.db");
      let before = 0;
      // twice in a row: the second process begins with what the first has left behind
      for (let round = 0; round < 2; round++) {
        const left = await writeUntilKilled(path, place, turn, synchronous, lines);
        const log = keptLog();
        const database = await opened(t, path, { log });
        assert.deepEqual(log.lines, []);
        const rows = await all(database, "SELECT id, turn, length(filler) FROM t ORDER BY id");
        const written = Number(rows[0]?.[1]);
        assert.ok(written >= left, `${left} has left, ${written} is in the file`);
        if (place === "leaving") assert.equal(left, turn - 1);
        if (place === "written") assert.ok(left < turn, `${left} has left`);
        // several turns may share a commit, when the file was locked for a moment
        if (place !== "never") assert.ok(written >= turn, "the commit comes before the leaving");
        // of the last 50 turns each has its row, the last one included
        const turns = rows.slice(1).map(([id, turnOfRow, size]) => {
          assert.equal(id, BigInt(2 + (Number(turnOfRow) % 50)));
          assert.equal(size, 2500);
          return Number(turnOfRow);
        });
        if (before === 0) assert.equal(Math.max(...turns), written);
        for (let n = Math.max(1, written - 49); n <= written; n++) assert.ok(turns.includes(n), `the row of turn ${n}`);
        before = written;
        await database.close();
      }
    });
  }
});

// The stories in transcripts/*.txt: each line is an event and what the machine made of it. `node src/dialog/transcripts.test.ts
// --rewrite` writes them anew; read the diff before believing it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type DialogEvent, type Lifecycle, newLifecycle, step } from "./machine.ts";
import { parseOptions } from "./options.ts";

const FOLDER = join(import.meta.dirname, "transcripts");
const isRewriting = process.argv.includes("--rewrite");

function readEvent(text: string): DialogEvent {
  const [word = "", ...rest] = text.split(" ");
  const leg = Number(rest.find((part) => part.startsWith("leg="))?.slice(4) ?? 1);
  switch (word) {
    case "180":
      return { type: "provisional" };
    case "200":
      return { type: "answered", leg };
    case "486":
      return { type: "refused" };
    case "gone":
      return { type: "abandoned" };
    case "ACK":
      return { type: "acked" };
    case "BYE":
      return { type: "bye", from: rest[0] === "callee" ? "callee" : "caller", leg };
    case "CANCEL":
      return { type: "cancelled" };
    case "INFO":
      return { type: "sequential" };
    case "lifetime":
      return { type: "expired" };
    case "noack":
      return { type: "ackMissing" };
    case "end":
      return { type: "ending", reason: rest.join(" ") };
    case "byedone":
      return { type: "byeDone" };
    default:
      throw new assert.AssertionError({ message: `no such event: ${text}` });
  }
}

function tell(life: Lifecycle): string {
  const marks = [
    life.winner > 0 ? `winner=${life.winner}` : "",
    life.wasCancelled ? "cancelled" : "",
    life.hasBye ? "bye" : "",
    life.isRaced ? "raced" : "",
    life.isEnding ? "ending" : "",
    life.endReason === undefined ? "" : `"${life.endReason}"`,
  ].filter((mark) => mark !== "");
  return `${life.state.padEnd(14)} ${marks.join(" ").padEnd(34)} ${life.effects.join(" · ")}`.trimEnd();
}

function retell(story: string): string {
  let life = newLifecycle(0);
  const out: string[] = [];
  for (const line of story.split("\n")) {
    if (line.startsWith("#") || line.trim() === "") {
      out.push(line);
      continue;
    }
    const event = (line.split("→")[0] ?? "").trim();
    if (event.startsWith("created")) {
      const options = parseOptions(event.slice(7));
      assert.ok(options.ok, event);
      life = newLifecycle(options.value);
    } else life = step(life, readEvent(event));
    out.push(`${event.padEnd(18)} → ${tell(life)}`);
  }
  return out.join("\n");
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".txt"))) {
  test(`the machine tells the story of ${file} again`, () => {
    const path = join(FOLDER, file);
    const story = readFileSync(path, "utf8");
    const retold = retell(story);
    if (isRewriting) writeFileSync(path, retold);
    else assert.equal(retold, story);
  });
}

// SIPp as both user agents: starting it, and reading what it counted.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { valueAt } from "./figures.ts";
import { HOST } from "./ports.ts";

const SCENARIOS = join(import.meta.dirname, "scenarios");

// SIPp's own default of 64 KB loses datagrams in a burst that every proxy here survives.
const BUFFER_BYTES = "4000000";
const CALLERS = 1000;

/** What one SIPp saw of its calls. A run is clean when everything but `created` and `successful` is 0. */
export interface SippCounts {
  readonly created: number;
  readonly successful: number;
  readonly failed: number;
  /** Sent again by this SIPp, or received again by it. */
  readonly retransmissions: number;
  /** Messages that fitted no call or not its state. */
  readonly unexpected: number;
}

/** A running SIPp with its statistics files. */
export interface Sipp {
  readonly child: Child;
  counts(): SippCounts;
  /** Calls that had ended well at this instant (epoch ms), between the samples of every second by straight line. */
  successfulAt(at: number): number;
}

/** The calls to place. */
export interface CallPlan {
  readonly to: number;
  readonly port: number;
  readonly rate: number;
  readonly calls: number;
  readonly holdMs: number;
  readonly dir: string;
}

/** Starts the callee: it answers whatever comes, until it is stopped. */
export function startCallee(port: number, dir: string): Sipp {
  return startSipp("uas", dir, ["-p", String(port)]);
}

/** Starts the caller, which ends by itself when all calls have ended. */
export function startCaller(plan: CallPlan): Sipp {
  const users = join(plan.dir, "users.csv");
  writeFileSync(users, `SEQUENTIAL\n${Array.from({ length: CALLERS }, (_, i) => `user${1000 + i};`).join("\n")}\n`);
  // No limit on calls at once that a proxy could lower its own load with: a late call is a late call.
  const limit = plan.calls + 1;
  // biome-ignore format: one option a line reads like the command
  return startSipp("uac", plan.dir, [
    `${HOST}:${plan.to}`, "-p", String(plan.port),
    "-r", String(plan.rate), "-m", String(plan.calls), "-l", String(limit), "-d", String(plan.holdMs),
    "-inf", users, "-cid_str", "%u-%p-5f0c2a9e41b7@%s",
  ]);
}

function startSipp(role: "uac" | "uas", dir: string, args: readonly string[]): Sipp {
  const runs = readdirSync(dir).filter((file) => file.startsWith(`${role}-`)).length;
  const stats = join(dir, `${role}-${runs}.csv`);
  // SIPp writes its message counts beside the scenario file, so the scenario goes where the run is.
  copyFileSync(join(SCENARIOS, `${role}.xml`), join(dir, `${role}.xml`));
  // biome-ignore format: one option a line reads like the command
  const child = startChild("sipp", [
    "-sf", `${role}.xml`, "-i", HOST, ...args,
    "-nostdin", "-buff_size", BUFFER_BYTES, "-deadcall_wait", "1000",
    "-trace_stat", "-stf", stats, "-trace_counts", "-fd", "1",
  ], { cwd: dir, log: "/dev/null", env: { TERM: "dumb" } });
  const messages = join(dir, `${role}_${child.pid}_counts.csv`);
  return {
    child,
    counts: () => readCounts(rows(stats).at(-1), rows(messages).at(-1)),
    successfulAt: (at) => valueAt(readSeries(stats), at),
  };
}

type Row = ReadonlyMap<string, string>;

/** SIPp's files: a header line, then one row a sample; every field ends with a semicolon. */
function rows(file: string): Row[] {
  let text = "";
  try {
    text = readFileSync(file, "latin1");
  } catch {
    return []; // not written yet
  }
  const [header = "", ...lines] = text.split("\n");
  const names = header.split(";");
  return lines
    .filter((line) => line.length > 0)
    .map((line) => {
      const values = line.split(";");
      return new Map(names.map((name, i) => [name, values[i] ?? ""]));
    });
}

function number(row: Row | undefined, name: string): number {
  return Number(row?.get(name) ?? 0);
}

function readSeries(file: string): { at: number; count: number }[] {
  // The time is written three times, with tabs between: date, time of day, seconds since 1970.
  return rows(file).map((row) => ({
    at: Number(row.get("CurrentTime")?.split("\t")[2] ?? 0) * 1000,
    count: number(row, "SuccessfulCall(C)"),
  }));
}

function readCounts(calls: Row | undefined, messages: Row | undefined): SippCounts {
  // One column for each line of the scenario and each kind of event: "0_INVITE_Retrans", "3_200_Unexp", …
  const seen = (kind: string): number =>
    [...(messages?.entries() ?? [])].reduce((sum, [name, value]) => (name.endsWith(kind) ? sum + Number(value) : sum), 0);
  return {
    created: number(calls, "TotalCallCreated"),
    successful: number(calls, "SuccessfulCall(C)"),
    failed: number(calls, "FailedCall(C)"),
    retransmissions: Math.max(number(calls, "Retransmissions(C)"), seen("_Retrans")),
    unexpected: number(calls, "OutOfCallMsgs(C)") + number(calls, "DeadCallMsgs(C)") + seen("_Unexp"),
  };
}

// Starts SIPp on private ports, and collects what it says: exit code, counts, errors.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, eventually } from "./process/child.ts";
import { freePort, isBound } from "./process/ports.ts";

/** One SIPp. */
export interface SippOptions {
  /** Path of the scenario file. */
  readonly scenario: string;
  readonly ip: string;
  readonly port: number;
  readonly transport: "udp" | "tcp";
  /** `host:port` that requests are sent to; left out for the side that is called. */
  readonly remote?: string;
  /** Calls after which it ends. */
  readonly calls: number;
  /** New calls a second. */
  readonly rate?: number;
  /** Calls at once. */
  readonly limit?: number;
  /** Words for the scenario, used there as `[name]`. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Gives up, as an error, after this. */
  readonly timeoutSeconds?: number;
  /** Keeps what came in, for `SippResult.received`. */
  readonly keepsMessages?: boolean;
}

/** How a SIPp ended. */
export interface SippResult {
  /** 0 when every call went as the scenario says. */
  readonly code: number | null;
  readonly successful: number;
  readonly failed: number;
  readonly retransmissions: number;
  /** What was unexpected, in SIPp's own words. */
  readonly errors: string;
  /** Every message that came in, in order; empty unless they were to be kept. */
  readonly received: readonly string[];
}

/** Whether SIPp is there; a line for people when it is not. */
export function sippMissing(): string | undefined {
  const found = spawnSync("sipp", ["-v"], { encoding: "latin1" });
  return found.error === undefined ? undefined : "SIPp is not installed (Debian and Ubuntu: apt-get install sip-tester)";
}

/** A running SIPp. */
export class Sipp {
  readonly #child: Child;
  readonly #folder: string;
  /** Settles when it has ended. */
  readonly ended: Promise<SippResult>;

  private constructor(options: SippOptions, mediaPort: number) {
    this.#folder = mkdtempSync(join(tmpdir(), "dialoom-sipp-"));
    this.#child = new Child({
      file: "sipp",
      args: argumentsOf(options, this.#folder, mediaPort),
      cwd: this.#folder,
      env: { TERM: "dumb" },
    });
    this.ended = this.#collect();
  }

  /** Starts one; settles when its port is bound. Who has a `remote` sends at once. */
  static async start(options: SippOptions): Promise<Sipp> {
    const sipp = new Sipp(options, await freePort(options.ip));
    if (options.remote === undefined) {
      const isReady = (): Promise<boolean> => Promise.resolve(isBound(options.transport, options.port) || !sipp.#child.isRunning);
      await eventually(isReady, (ready) => ready);
    }
    return sipp;
  }

  /** Places no more calls; it ends when those that are up are over. */
  async finish(): Promise<SippResult> {
    this.#child.signal("SIGUSR1");
    return this.ended;
  }

  /** Ends it early. */
  async stop(): Promise<SippResult> {
    this.#child.signal("SIGKILL");
    return this.ended;
  }

  async #collect(): Promise<SippResult> {
    const { code, stderr } = await this.#child.ended;
    const read = (ending: string): string =>
      readdirSync(this.#folder)
        .filter((name) => name.endsWith(ending))
        .map((name) => readFileSync(join(this.#folder, name), "latin1"))
        .join("");
    const stats = lastRow(read("stats.csv"));
    const errors = read("errors.log") + (code === 0 ? "" : stderr);
    const received = receivedIn(read("messages.log"));
    rmSync(this.#folder, { recursive: true, force: true });
    return {
      code,
      successful: Number(stats.get("SuccessfulCall(C)") ?? 0),
      failed: Number(stats.get("FailedCall(C)") ?? 0),
      retransmissions: Number(stats.get("Retransmissions(C)") ?? 0),
      errors,
      received,
    };
  }
}

function argumentsOf(options: SippOptions, folder: string, mediaPort: number): readonly string[] {
  const args = options.remote === undefined ? [] : [options.remote];
  args.push("-sf", options.scenario, "-i", options.ip, "-p", String(options.port));
  args.push("-t", options.transport === "udp" ? "u1" : "t1", "-m", String(options.calls));
  args.push("-r", String(options.rate ?? 50), "-l", String(options.limit ?? 200));
  args.push("-nostdin", "-trace_err", "-error_file", join(folder, "errors.log"));
  args.push("-trace_stat", "-stf", join(folder, "stats.csv"), "-fd", "1");
  args.push("-timeout", `${options.timeoutSeconds ?? 25}s`, "-timeout_error");
  if (options.keepsMessages === true) args.push("-trace_msg", "-message_file", join(folder, "messages.log"));
  // a machine that was busy for half a second is no error of a call
  args.push("-watchdog_minor_threshold", "60000", "-watchdog_major_threshold", "60000");
  // media is never sent, but SIPp wants the port
  args.push("-mp", String(mediaPort));
  for (const [name, value] of Object.entries(options.keys ?? {})) args.push("-key", name, value);
  return args;
}

/** Messages that came in, from the log of all: each stands behind a line of dashes with the time, and one that says what it is. */
function receivedIn(log: string): readonly string[] {
  const entries = log.split(/^-{40,} .*\r?\n/m);
  return entries.flatMap((entry) => entry.match(/^(?:UDP|TCP) message received \[\d+\] bytes ?:\r?\n\r?\n([\s\S]*)$/)?.[1] ?? []);
}

/** The last line of SIPp's statistics by the names of its columns. */
function lastRow(text: string): ReadonlyMap<string, string> {
  const lines = text.split("\n").filter((line) => line.includes(";"));
  const names = lines[0]?.split(";") ?? [];
  const values = lines[lines.length - 1]?.split(";") ?? [];
  return new Map(names.map((name, i) => [name, values[i] ?? ""]));
}

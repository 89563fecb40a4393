// Where the lines of a script go on this machine, and the engine's own log in the same form.
import { hostname } from "node:os";
import { pino } from "pino";
import type { Log } from "../kit/index.ts";
import type { LogLevelPort } from "../manage/index.ts";
import { LineLog, type LineLogOptions, type ScriptLog, stampText } from "../script/index.ts";

/** A log on standard error and standard output. */
export function createScriptLog(options: LineLogOptions): LineLog {
  const sinks = [2, 1].map((dest) => pino.destination({ dest, sync: true }));
  const [error, out] = sinks;
  return new LineLog(
    { stderr: (text) => error?.write(utf8(text)), stdout: (text) => out?.write(utf8(text)) },
    { pid: process.pid, hostname: hostname(), stamp: stamper() },
    options,
  );
}

/** Latin1 text of bytes that may be UTF-8, as a string that is written as those bytes. */
function utf8(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return Buffer.from(text, "latin1").toString("utf8");
  return text;
}

/** The local time as lines show it; worked out once a second. */
function stamper(): () => string {
  let stampedAt = 0;
  let stamped = "";
  return () => {
    const now = Date.now();
    const second = now - (now % 1000);
    if (second !== stampedAt) {
      const at = new Date(now);
      stamped = stampText(at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds());
      stampedAt = second;
    }
    return stamped;
  };
}

/** What the engine has to say, as lines of the script's log. */
export function engineLog(lines: ScriptLog): Log {
  const say = (level: number) => (fields: object, text: string) => {
    if (level <= lines.getLevel("log")) lines.line(level, "core", "engine", text + fieldsText(fields));
  };
  return { error: say(-1), warn: say(1), info: say(3), debug: say(4) };
}

/** ` (did=1a.2b, callId=x)`; nothing for no fields. */
function fieldsText(fields: object): string {
  const parts = Object.entries(fields).map(([name, value]: [string, unknown]) => `${name}=${fieldText(value)}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function fieldText(value: unknown): string {
  if (value instanceof Error) return value.stack ?? value.message;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** `log_level` as the management interface reads and sets it. */
export function levelPort(lines: ScriptLog, which: "log" | "xlog"): LogLevelPort {
  return { get: () => lines.getLevel(which), set: (level) => lines.setLevel(which, level) };
}

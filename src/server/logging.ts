// pino, and the levels of OpenSIPS that management commands speak of.
import { type Logger, pino } from "pino";
import type { Log } from "../kit/index.ts";
import type { LogLevelPort } from "../manage/index.ts";
import type { Settings } from "./options.ts";

/** −3 (alert) to 4 (debug) in pino's words, lowest first. */
const LEVELS: readonly (readonly [level: number, name: string])[] = [
  [-3, "fatal"],
  [-2, "fatal"],
  [-1, "error"],
  [1, "warn"],
  [2, "info"],
  [3, "info"],
  [4, "debug"],
];

/** A logger and the port that changes its level. */
export interface Logging {
  readonly log: Log;
  readonly level: LogLevelPort;
}

/** The user's own logger, or pino on standard error. */
export function createLogging(settings: Pick<Settings, "log" | "logLevel">): Logging {
  const own = settings.log;
  if (own !== undefined) return { log: own, level: hasLevel(own) ? new PinoLevel(own) : new NoLevel() };
  const logger = pino({ name: "dialoom", level: settings.logLevel }, pino.destination({ dest: 2, sync: true }));
  return { log: logger, level: new PinoLevel(logger) };
}

class PinoLevel implements LogLevelPort {
  readonly #logger: Pick<Logger, "level">;
  #level: number;

  constructor(logger: Pick<Logger, "level">) {
    this.#logger = logger;
    this.#level = LEVELS.find(([, name]) => name === logger.level)?.[0] ?? 3;
  }

  get(): number {
    return this.#level;
  }

  set(level: number): void {
    const named = LEVELS.find(([number]) => number >= level) ?? LEVELS[LEVELS.length - 1];
    if (named === undefined) return;
    this.#level = level;
    this.#logger.level = named[1];
  }
}

/** A logger whose level is nobody's business but its owner's. */
class NoLevel implements LogLevelPort {
  #level = 3;

  get(): number {
    return this.#level;
  }

  set(level: number): void {
    this.#level = level;
  }
}

function hasLevel(log: object): log is Pick<Logger, "level"> {
  return "level" in log && typeof log.level === "string";
}

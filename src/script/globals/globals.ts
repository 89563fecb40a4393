// What the global parameters of one script come to.

/** Form of a log line on one sink. */
export type LogFormat = "plain_text" | "json" | "json_cee";

/** Settings of the script door itself; the rest are options of the engine. Levels: −3 alert … 4 debug. */
export interface Globals {
  logLevel: number;
  xlogLevel: number;
  xlogPrintLevel: number;
  stderrEnabled: boolean;
  stdoutEnabled: boolean;
  syslogEnabled: boolean;
  syslogFacility: string;
  syslogName: string;
  logPrefix: string;
  /** Only lines of this level or more severe go to the sink; 4 for all. */
  stderrLevelFilter: number;
  syslogLevelFilter: number;
  stderrFormat: LogFormat;
  syslogFormat: LogFormat;
  debugMode: boolean;
  /** Characters of an xlog line, and of any other rendered format. */
  xlogBufferSize: number;
  formatBufferSize: number;
  forceColor: boolean;
  autoAliases: boolean;
  sipWarning: boolean;
  maxWhileLoops: number;
  statelessForwardDisabled: boolean;
  assertsEnabled: boolean;
  workDir: string;
  /** Options of the engine by their names in `dialoom({…})`. */
  options: Record<string, unknown>;
}

/** As they are when the script says nothing (script-language 2). */
export function defaultGlobals(): Globals {
  return {
    logLevel: 2,
    xlogLevel: 2,
    xlogPrintLevel: 2,
    stderrEnabled: true,
    stdoutEnabled: false,
    syslogEnabled: false,
    syslogFacility: "LOG_DAEMON",
    syslogName: "",
    logPrefix: "",
    stderrLevelFilter: 4,
    syslogLevelFilter: 4,
    stderrFormat: "plain_text",
    syslogFormat: "plain_text",
    debugMode: false,
    xlogBufferSize: 4096,
    formatBufferSize: 20_000,
    forceColor: false,
    autoAliases: false,
    sipWarning: false,
    maxWhileLoops: 10_000,
    statelessForwardDisabled: false,
    assertsEnabled: false,
    workDir: "",
    options: {},
  };
}

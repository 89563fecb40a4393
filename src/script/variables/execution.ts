// What a script can know of its own execution: return values, parameters, position, process, log levels, errors.
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { RouteKind } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import { inContext } from "./context.ts";
import { innerOf, named, orNull, plain, refuseIndex, unsupported, type Writer } from "./define.ts";

/** `$rc $retcode $return $param $route.* $rT $cfg_line $cfg_file $argv $env $log_level $xlog_level $pp $err.* $C`. */
export function executionVariables(): readonly VariableDefinition[] {
  return [
    plain("rc", (run) => run.rc),
    plain("retcode", (run) => run.rc),
    named("return", (run, inner) => numbered(run.returned, inner)),
    { name: "param", inner: "required", isWritable: false, bind: bindParam },
    plain("route.name", (run) => run.frame.name),
    plain("route.type", (run) => (run.frame.kind === "request" ? "route" : typeName(run.frame.kind))),
    plain("rT", (run) => typeName(run.frame.kind)),
    unsupported("route"),
    plain("cfg_line", (run) => run.line),
    plain("cfg_file", (run) => run.file),
    named("argv", (run, name) => orNull(run.services.argv.get(name))),
    named("env", (run, name) => orNull(run.services.env[name])),
    plain("log_level", (run) => run.services.scriptLog.getLevel("log"), levelWriter("log")),
    plain("xlog_level", (run) => run.services.scriptLog.getLevel("xlog"), levelWriter("xlog")),
    plain("pp", (run) => run.services.pid),
    plain("err.class", (run) => run.errorDetails?.class ?? 0),
    plain("err.level", (run) => run.errorDetails?.level ?? 0),
    plain("err.info", (run) => run.errorDetails?.info ?? ""),
    plain("err.rcode", (run) => run.errorDetails?.status ?? 0),
    plain("err.rreason", (run) => run.errorDetails?.reason ?? ""),
    named("C", (run, code) => (run.services.isColoured === true ? colour(code) : "")),
  ];
}

// `$param(1)` is the first; names exist in event routes only, and there the route's own frame has none.
function bindParam(reference: BoundVariable): Accessor {
  refuseIndex(reference);
  const inner = innerOf(reference);
  if (typeof inner === "function") {
    return inContext(reference, {
      read(run) {
        const text = inner(run);
        return text === undefined ? null : parameter(run, text, positionOf(text));
      },
    });
  }
  const position = positionOf(inner);
  return inContext(reference, { read: (run) => parameter(run, inner, position) });
}

function parameter(run: Run, name: string, position: number): Value {
  const { frame, event } = run;
  if (event !== undefined && frame.caller === undefined) {
    if (position >= 0) return event[position - 1]?.[1] ?? null;
    return event.find((entry) => entry[0] === name)?.[1] ?? null;
  }
  return position > 0 ? (frame.parameters[position - 1] ?? null) : null;
}

// -1 for what is no number.
function positionOf(text: string): number {
  if (text === "" || text.length > 4) return -1;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return -1;
  return Number(text);
}

function numbered(values: readonly Value[], inner: string): Value {
  const position = positionOf(inner);
  return position > 0 ? (values[position - 1] ?? null) : null;
}

function typeName(kind: RouteKind): string {
  return `${kind}_route`;
}

function levelWriter(which: "log" | "xlog"): Writer {
  return (run, value) => {
    const level = value === null ? undefined : (intOf(value) ?? Number.parseInt(textOf(value) ?? "", 10));
    if (level !== undefined && !(level >= -3 && level <= 4)) {
      run.error("core", `pv_set_${which}_level`, "a level is a number from -3 to 4");
      return false;
    }
    run.services.scriptLog.setLevel(which, level);
    return true;
  };
}

const COLOURS = "srgybpcw";

// Two letters: foreground and background; `x` leaves the terminal's own, a capital is bright.
function colour(code: string): string {
  if (code === "xx") return "\x1b[0m";
  const front = code.charAt(0);
  const back = code.charAt(1);
  const f = COLOURS.indexOf(front.toLowerCase());
  const b = COLOURS.indexOf(back.toLowerCase());
  const codes: string[] = [];
  if (front !== front.toLowerCase()) codes.push("1");
  if (f >= 0 && front !== "") codes.push(String(30 + f));
  if (b >= 0 && back !== "") codes.push(String(40 + b));
  return codes.length === 0 ? "\x1b[0m" : `\x1b[${codes.join(";")}m`;
}

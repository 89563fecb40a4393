// Texts, times, the key-value store and events (script-language 8.2).
import { isCleanHeaderText } from "../../sip/index.ts";
import { type Accessor, type Action, type BoundCall, type FunctionDefinition, may, must } from "../module.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, printed, textOf, type Value } from "../values.ts";

/** `pv_printf`, `construct_uri`, `get_timestamp`, `script_trace`. */
export function valueFunctions(): readonly FunctionDefinition[] {
  return [
    { name: "pv_printf", parameters: [must("variable", "output"), must("format", "text")], routes: Routes.all, bind: bindPrintf },
    {
      name: "construct_uri",
      parameters: [
        must("proto", "text"),
        must("user", "text"),
        must("domain", "text"),
        must("port", "text"),
        must("extra", "text"),
        must("result", "output"),
      ],
      routes: Routes.all,
      bind: bindConstruct,
    },
    { name: "get_timestamp", parameters: [must("sec", "output"), must("usec", "output")], routes: Routes.all, bind: bindTimestamp },
    {
      name: "script_trace",
      parameters: [may("level", "int"), may("format", "text"), may("info", "text")],
      routes: Routes.all,
      bind: bindTrace,
    },
    ...cacheFunctions(),
    ...eventFunctions(),
  ];
}

function write(run: Run, variable: Accessor, value: Value): number {
  return variable.write?.(run, value, false) === true ? 1 : -1;
}

function bindPrintf(call: BoundCall): Action {
  const variable = call.variable(0);
  const format = call.text(1);
  return (run) => {
    const text = format(run);
    return text === undefined ? -1 : write(run, variable, text);
  };
}

function bindTrace(call: BoundCall): Action {
  const [level, text, info] = [call.int(0), call.text(1), call.text(2)];
  const isOn = call.has(0);
  return (run) => {
    run.trace = isOn ? { level: level(run) ?? 0, text, info: info(run) ?? "" } : undefined;
    return 1;
  };
}

function bindConstruct(call: BoundCall): Action {
  const parts = [0, 1, 2, 3, 4].map((i) => call.text(i));
  const result = call.variable(5);
  return (run) => {
    const [proto = "", user = "", domain = "", port = "", extra = ""] = parts.map((part) => part(run) ?? "");
    if (proto === "" || domain === "") return -1;
    const uri = `${proto}:${user === "" ? "" : `${user}@`}${domain}${port === "" ? "" : `:${port}`}${extra === "" ? "" : `;${extra}`}`;
    return isCleanHeaderText(uri) ? write(run, result, uri) : -1;
  };
}

function bindTimestamp(call: BoundCall): Action {
  const seconds = call.variable(0);
  const micros = call.variable(1);
  return (run) => {
    const now = run.services.clock.now();
    const sec = Math.floor(now / 1000);
    return write(run, seconds, sec) > 0 && write(run, micros, Math.floor((now - sec * 1000) * 1000)) > 0 ? 1 : -1;
  };
}

// ── key-value store ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Missing key of `cache_fetch`. */
const MISSING = -2;

function cacheFunctions(): readonly FunctionDefinition[] {
  const system = must("system", "text");
  const key = must("key", "text");
  return [
    { name: "cache_store", parameters: [system, key, must("value", "text"), may("ttl", "int")], routes: Routes.all, bind: bindStore },
    {
      name: "cache_fetch",
      parameters: [system, key, must("result", "output")],
      routes: Routes.all,
      bind: (call) => bindFetch(call, (text) => text),
    },
    {
      name: "cache_counter_fetch",
      parameters: [system, key, must("result", "output")],
      routes: Routes.all,
      bind: (call) => bindFetch(call, numberOf),
    },
    { name: "cache_remove", parameters: [system, key], routes: Routes.all, bind: bindRemove },
    {
      name: "cache_add",
      parameters: [system, key, must("by", "int"), may("ttl", "int"), may("result", "output")],
      routes: Routes.all,
      bind: (call) => bindAdd(call, 1),
    },
    {
      name: "cache_sub",
      parameters: [system, key, must("by", "int"), may("ttl", "int"), may("result", "output")],
      routes: Routes.all,
      bind: (call) => bindAdd(call, -1),
    },
    {
      name: "cache_raw_query",
      parameters: [system, must("query", "text"), may("result", "value")],
      routes: Routes.all,
      bind: (call) => {
        localOnly(call);
        return (run) => {
          run.error("core", "cache_raw_query", "the local store has no query language");
          return -1;
        };
      },
    },
  ];
}

/** `local`, or `local:group`: other back-ends are not here. */
function localOnly(call: BoundCall): void {
  const system = call.literal(0);
  if (system === undefined || systemOf(system) !== undefined) return;
  call.fault(0, `no cache system <${system}>`, 'write "local"');
}

/** What keys of a system begin with; undefined for systems that are not here. Groups of the local store keep to themselves. */
function systemOf(system: string): string | undefined {
  if (system === "local") return "";
  return system.startsWith("local:") ? `${system.slice(6)}\n` : undefined;
}

function keyOf(call: BoundCall): (run: Run) => string | undefined {
  localOnly(call);
  const system = call.text(0);
  const name = call.text(1);
  return (run) => {
    const prefix = systemOf(system(run) ?? "");
    const text = name(run);
    if (prefix === undefined) run.error("core", call.name, "no such cache system");
    return prefix === undefined || text === undefined ? undefined : prefix + text;
  };
}

function bindStore(call: BoundCall): Action {
  const key = keyOf(call);
  const value = call.text(2);
  const ttl = call.has(3) ? call.int(3) : undefined;
  return (run) => {
    const name = key(run);
    const text = value(run);
    const seconds = ttl === undefined ? 0 : (ttl(run) ?? 0);
    const { cache } = run.services;
    if (name === undefined || text === undefined || cache === undefined) return -1;
    cache.set(name, text, seconds * 1000);
    return 1;
  };
}

function bindFetch(call: BoundCall, convert: (text: string) => Value | undefined): Action {
  const key = keyOf(call);
  const result = call.variable(2);
  return (run) => {
    const name = key(run);
    if (name === undefined) return -1;
    const text = run.services.cache?.get(name);
    if (text === undefined) return MISSING;
    const value = convert(text);
    return value === undefined ? -1 : write(run, result, value);
  };
}

function numberOf(text: string): number | undefined {
  const number = Number(text);
  return text !== "" && Number.isInteger(number) ? number | 0 : undefined;
}

function bindRemove(call: BoundCall): Action {
  const key = keyOf(call);
  return (run) => {
    const name = key(run);
    if (name === undefined || run.services.cache === undefined) return -1;
    run.services.cache.remove(name);
    return 1;
  };
}

function bindAdd(call: BoundCall, sign: 1 | -1): Action {
  const key = keyOf(call);
  const by = call.int(2);
  const ttl = call.has(3) ? call.int(3) : undefined;
  const result = call.has(4) ? call.variable(4) : undefined;
  return (run) => {
    const name = key(run);
    const step = by(run);
    const { cache } = run.services;
    if (name === undefined || step === undefined || cache === undefined) return -1;
    const sum = cache.add(name, sign * step, (ttl?.(run) ?? 0) * 1000);
    if (sum === undefined) {
      run.error("core", call.name, "what stands there is no number");
      return -1;
    }
    return result === undefined ? 1 : write(run, result, sum | 0);
  };
}

// ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function eventFunctions(): readonly FunctionDefinition[] {
  return [
    {
      name: "raise_event",
      parameters: [must("event", "text"), may("names", "variable"), may("values", "variable")],
      routes: Routes.all,
      bind: bindRaise,
    },
    {
      name: "subscribe_event",
      parameters: [must("event", "text"), must("socket", "text"), may("expire", "int")],
      routes: Routes.all,
      bind: bindSubscribe,
    },
  ];
}

/** With one list its items are values without a name; with two they go in pairs. */
function bindRaise(call: BoundCall): Action {
  const event = call.text(0);
  const first = call.has(1) ? call.variable(1) : undefined;
  const second = call.has(2) ? call.variable(2) : undefined;
  return (run) => {
    const name = event(run);
    if (name === undefined || name === "") return -1;
    const names = second === undefined ? undefined : first === undefined ? [] : allOf(run, first);
    const source = second ?? first;
    const values = source === undefined ? [] : allOf(run, source);
    if (names !== undefined && names.length !== values.length) {
      run.error("core", "raise_event", `${names.length} names and ${values.length} values`);
      return -1;
    }
    const { events } = run.services;
    if (!events.isKnown(name)) events.define(name);
    events.raise(
      name,
      values.map((value, i) => [names === undefined ? "" : printed(names[i] ?? null), intOf(value) ?? textOf(value) ?? ""] as const),
    );
    return 1;
  };
}

function allOf(run: Run, list: Accessor): readonly Value[] {
  if (list.all !== undefined) return list.all(run);
  const one = list.read(run);
  return one === null ? [] : [one];
}

function bindSubscribe(call: BoundCall): Action {
  const event = call.text(0);
  const socket = call.text(1);
  const expire = call.has(2) ? call.int(2) : undefined;
  return (run) => {
    const name = event(run);
    const where = socket(run);
    const seconds = expire === undefined ? 0 : expire(run);
    if (name === undefined || where === undefined || seconds === undefined) return -1;
    const problem = run.services.events.subscribe(name, where, seconds);
    if (problem === undefined) return 1;
    run.error("core", "subscribe_event", problem);
    return -1;
  };
}

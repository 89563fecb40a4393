// mi_script: management commands from inside a script (script-language 8.8).
import { asWritten, shown } from "../../kit/index.ts";
import { type Accessor, type FunctionDefinition, type ModuleFactory, may, must, type Outcome } from "../module.ts";
import type { CommandParameter, CommandPort } from "../ports.ts";
import { Routes } from "../routes.ts";
import type { Run } from "../run.ts";
import { intOf, printed, textOf, type Value } from "../values.ts";

const MODULE = "mi_script";
const NO_COMMAND = -1;
const INTERNAL = -2;

type Argument = string | number | readonly (string | number)[];

/** The module. */
export const miScript: ModuleFactory = () => ({ name: MODULE, parameters: [], functions: [mi], variables: [] });

const mi: FunctionDefinition = {
  name: "mi",
  parameters: [must("cmd", "text"), may("ret", "output"), may("names", "variable"), may("values", "variable")],
  routes: Routes.all,
  isAsync: true,
  bind: (call) => {
    const text = call.text(0);
    const [out, names, values] = [call.variable(1), call.variable(2), call.variable(3)];
    if (call.has(2) !== call.has(3)) call.fault(2, "names and values of parameters come together");
    return (run) => {
      const words = shown(text(run) ?? "")
        .split(" ")
        .filter((word) => word !== "");
      const [command, ...given] = words;
      const { commands } = run.services;
      if (command === undefined || !commands.has(command)) {
        run.error(MODULE, "mi", `command <${command ?? ""}> not found`);
        return NO_COMMAND;
      }
      const params = call.has(2)
        ? named(commands, command, list(names, run), list(values, run))
        : positional(commands.forms(command) ?? [], given);
      const request = { jsonrpc: "2.0", id: 1, method: command, ...(params === undefined ? {} : { params }) };
      const ret = call.has(1) ? out : undefined;
      return settle(run, commands.execute(JSON.stringify(request)), ret);
    };
  },
};

/** Pairs by index; several values under one name make an array where the command takes one. */
function named(
  commands: CommandPort,
  command: string,
  names: readonly Value[],
  values: readonly Value[],
): Readonly<Record<string, Argument>> | undefined {
  const params: Record<string, Argument> = {};
  for (let i = 0; i < names.length && i < values.length; i++) {
    const name = shown(textOf(names[i] ?? null) ?? "");
    if (name === "") continue;
    const type = commands.parameterType(command, name);
    const value = argument(values[i] ?? null, type === "integer");
    const before = params[name];
    if (type === "array") params[name] = Array.isArray(before) ? [...before, value] : [value];
    else params[name] = value;
  }
  return Object.keys(params).length === 0 ? undefined : params;
}

/** Words for a form of as many parameters; what is more goes into an array that ends the form. */
function positional(forms: readonly (readonly CommandParameter[])[], words: readonly string[]): readonly Argument[] | undefined {
  if (words.length === 0) return undefined;
  const fitting = forms.find((form) => form.length === words.length && form.at(-1)?.type !== "array");
  const open = forms.find((form) => form.length > 0 && form.length <= words.length && form.at(-1)?.type === "array");
  if (fitting !== undefined || open === undefined) return words;
  const alone = open.length - 1;
  return [...words.slice(0, alone), words.slice(alone)];
}

function argument(value: Value, wantsInteger: boolean): string | number {
  const int = intOf(value);
  if (int !== undefined && (wantsInteger || typeof value === "number")) return int;
  const text = shown(printed(value));
  // "502" of a variable is a number to a command that wants one
  return wantsInteger && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text;
}

function settle(run: Run, reply: string | Promise<string>, out: Accessor | undefined): Outcome {
  if (typeof reply === "string") return finish(run, reply, out);
  return reply.then(
    (text) => finish(run, text, out),
    () => INTERNAL,
  );
}

/** 1, or the error's code as a negative number; the variable gets the result as JSON, or the text of the error. */
function finish(run: Run, text: string, out: Accessor | undefined): number {
  const reply: unknown = text === "" ? undefined : JSON.parse(text);
  if (typeof reply !== "object" || reply === null) return INTERNAL;
  const error: unknown = Reflect.get(reply, "error");
  if (typeof error !== "object" || error === null) {
    write(run, out, JSON.stringify(Reflect.get(reply, "result") ?? null));
    return 1;
  }
  const code: unknown = Reflect.get(error, "code");
  const message: unknown = Reflect.get(error, "message");
  write(run, out, typeof message === "string" ? message : "");
  return typeof code === "number" && code !== 0 ? -Math.abs(code) : INTERNAL;
}

function write(run: Run, out: Accessor | undefined, text: string): void {
  out?.write?.(run, asWritten(text), false);
}

function list(variable: Accessor, run: Run): readonly Value[] {
  if (variable.all !== undefined) return variable.all(run);
  const value = variable.read(run);
  return value === null ? [] : [value];
}

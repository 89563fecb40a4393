// $json: documents that scripts read, change and build. They live as long as the `$var`s of the run (script-language 6.2).
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { textOf, type Value } from "../values.ts";
import { indexed, innerOf, NOTHING } from "./define.ts";
import { child, type JsonPath, parsePath, removeChild, setChild } from "./json-path.ts";
import { type Json, JsonNumber, type JsonStyle, MAX_DEPTH, parseJson, printJson } from "./json-text.ts";

/** `$json`, `$json_compact`, `$json_pretty`, `$json_compact_noescape`. */
export function jsonVariables(): readonly VariableDefinition[] {
  return [
    jsonVariable("json", "spaced", true),
    jsonVariable("json_compact", "compact", true),
    jsonVariable("json_compact_noescape", "compact", false),
    jsonVariable("json_pretty", "pretty", true),
  ];
}

function jsonVariable(name: string, style: JsonStyle, escapeSlash: boolean): VariableDefinition {
  return {
    name,
    inner: "required",
    isWritable: true,
    bind: (reference) => bindJson(reference, (value) => scriptValue(value, style, escapeSlash)),
  };
}

/** The accessor of a `$json`: whole documents beside their texts, for `json_link` and `json_merge`. */
export interface JsonAccessor extends Accessor {
  /** The node itself, not a copy; undefined when there is none. */
  document(run: Run): Json | undefined;
  /** Puts a node at the path, so that two places show one document. @returns false when there is no such place, or a document would hold itself */
  link(run: Run, node: Json): boolean;
}

/** Whether an accessor is one of a `$json`. */
export function isJsonAccessor(accessor: Accessor): accessor is JsonAccessor {
  return "document" in accessor && "link" in accessor;
}

/** What an iteration goes over: the values of a container, or, with `.keys` at the end of the path, its keys. */
interface Place {
  readonly path: JsonPath;
  readonly isKeys: boolean;
}

function bindJson(reference: BoundVariable, show: (value: Json) => Value): Accessor {
  const inner = innerOf(reference);
  const { index } = reference;
  let path: (run: Run) => JsonPath | undefined;
  if (typeof inner === "string") {
    const fixed = parsePath(inner);
    if (fixed === undefined) {
      reference.fault(-1, `bad path <${inner}> in $${reference.name}`, "a path is a name with /key and [index] after it");
      return NOTHING;
    }
    path = () => fixed;
  } else {
    path = (run) => {
      const text = inner(run);
      const found = text === undefined ? undefined : parsePath(text);
      if (found === undefined) run.error("json", "fixup_json", `bad path <${text ?? "<null>"}>`);
      return found;
    };
  }
  if (index !== undefined) {
    return indexed(reference, (run) => {
      const found = path(run);
      return found === undefined ? [] : items(run, placeOf(found), show);
    });
  }
  const access: JsonAccessor = {
    read(run) {
      const found = path(run);
      const value = found === undefined ? undefined : documentAt(run, found);
      return value === undefined ? null : show(value);
    },
    write(run, value, isReplacing) {
      const found = path(run);
      return found !== undefined && write(run, found, value, isReplacing);
    },
    all(run) {
      const found = path(run);
      return found === undefined ? [] : items(run, placeOf(found), show);
    },
    document(run) {
      const found = path(run);
      return found === undefined ? undefined : documentAt(run, found);
    },
    link(run, node) {
      const found = path(run);
      return found !== undefined && place(run, found, node);
    },
  };
  return access;
}

/**
 * The value at a path of the run's documents.
 * @returns undefined when there is none
 */
export function documentAt(run: Run, path: JsonPath): Json | undefined {
  // only this file fills the table
  let value = run.documents.get(path.name) as Json | undefined;
  for (const step of path.steps) {
    if (value === undefined) return undefined;
    value = child(value, step);
  }
  return value;
}

// Integers are integers, strings stand bare, everything else is its text.
function scriptValue(value: Json, style: JsonStyle, escapeSlash: boolean): Value {
  if (typeof value === "string" || typeof value === "number") return value;
  return value instanceof JsonNumber ? value.text : printJson(value, style, escapeSlash);
}

function placeOf(path: JsonPath): Place {
  const last = path.steps.at(-1);
  const word = last === undefined ? path.name : last.kind === "key" ? last.key : "";
  const suffix = word.endsWith(".keys") ? ".keys" : word.endsWith(".values") ? ".values" : "";
  if (suffix === "" || word === suffix) return { path, isKeys: false };
  const bare = word.slice(0, -suffix.length);
  const steps = path.steps.slice(0, -1);
  const own: JsonPath = last === undefined ? { name: bare, steps } : { name: path.name, steps: [...steps, { kind: "key", key: bare }] };
  return { path: own, isKeys: suffix === ".keys" };
}

function items(run: Run, place: Place, show: (value: Json) => Value): readonly Value[] {
  const container = documentAt(run, place.path);
  if (Array.isArray(container)) return container.map(show);
  if (!(container instanceof Map)) return [];
  return place.isKeys ? [...container.keys()] : [...container.values()].map(show);
}

// `:=` reads text as a document, `=` stores a string or an integer as it is, `= NULL` takes the place away.
function write(run: Run, path: JsonPath, value: Value, isReplacing: boolean): boolean {
  const { documents } = run;
  const last = path.steps.at(-1);
  if (value === null) {
    if (last === undefined) documents.delete(path.name);
    else {
      const parent = parentOf(run, path);
      if (parent !== undefined) removeChild(parent, last);
    }
    return true;
  }
  const content = isReplacing ? parsed(run, value) : plainJson(run, value);
  if (content === undefined) {
    // a document that does not read leaves nothing of the old one
    if (last === undefined && isReplacing) documents.delete(path.name);
    return false;
  }
  return place(run, path, content);
}

function place(run: Run, path: JsonPath, content: Json): boolean {
  const last = path.steps.at(-1);
  if (last === undefined) {
    run.documents.set(path.name, content);
    return true;
  }
  const parent = parentOf(run, path) ?? newArray(run, path);
  // linked into itself a document could never be printed
  if (parent !== undefined && !holds(content, parent, 0) && setChild(parent, last, content)) return true;
  run.error("json", "pv_set_json", `could not find object in path of $json(${path.name})`);
  return false;
}

function holds(content: Json, wanted: Json, depth: number): boolean {
  if (content === wanted && content !== null && typeof content === "object") return true;
  if (content === null || typeof content !== "object" || content instanceof JsonNumber) return false;
  // beyond this nothing is looked at, and nothing is taken in
  if (depth > MAX_DEPTH) return true;
  for (const item of content.values()) if (holds(item, wanted, depth + 1)) return true;
  return false;
}

function parentOf(run: Run, path: JsonPath): Json | undefined {
  return documentAt(run, { name: path.name, steps: path.steps.slice(0, -1) });
}

// `$json(list[]) = 1` begins a list where there is no document of this name.
function newArray(run: Run, path: JsonPath): Json | undefined {
  if (path.steps.length !== 1 || path.steps[0]?.kind !== "append") return undefined;
  const array: Json = [];
  run.documents.set(path.name, array);
  return array;
}

function parsed(run: Run, value: Value): Json | undefined {
  const text = textOf(value);
  const result = text === undefined ? undefined : parseJson(text);
  if (result?.ok === true) return result.value;
  const where = result === undefined ? "no text" : `${result.fault.reason} at ${result.fault.at}`;
  run.error("json", "pv_set_json", `error parsing json: ${where}`);
  return undefined;
}

function plainJson(run: Run, value: Value): Json | undefined {
  if (typeof value === "number" || typeof value === "string") return value;
  const text = textOf(value);
  if (text !== undefined) return text;
  if (value !== null && typeof value === "object") return value.int;
  run.error("json", "pv_set_json", "the value has neither text nor number");
  return undefined;
}

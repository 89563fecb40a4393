// Paths into documents: `name/key[0]/key2[-1]`, `name/list[]`.
import { int32 } from "../values.ts";
import type { Json } from "./json-text.ts";

/** A path taken apart. */
export interface JsonPath {
  readonly name: string;
  readonly steps: readonly PathStep[];
}

/** One step of a path: a key, an index, or the place after the last item (`[]`). */
export type PathStep =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "append" };

const APPEND: PathStep = { kind: "append" };

/**
 * Takes a path apart. Blanks are not skipped: they belong to names and keys.
 * @returns undefined when it is no path: an empty name, a bracket without a number
 */
export function parsePath(text: string): JsonPath | undefined {
  let at = 0;
  while (at < text.length && !isMark(text.charCodeAt(at))) at++;
  const name = text.slice(0, at);
  if (name === "") return undefined;
  const steps: PathStep[] = [];
  while (at < text.length) {
    const mark = text.charCodeAt(at);
    const from = ++at;
    if (mark === 47) {
      while (at < text.length && !isMark(text.charCodeAt(at))) at++;
      steps.push({ kind: "key", key: text.slice(from, at) });
      continue;
    }
    const close = mark === 91 ? text.indexOf("]", from) : -1;
    if (close < 0) return undefined;
    const step = indexStep(text.slice(from, close).trim());
    if (step === undefined) return undefined;
    steps.push(step);
    at = close + 1;
  }
  return { name, steps };
}

function isMark(code: number): boolean {
  return code === 47 || code === 91;
}

function indexStep(text: string): PathStep | undefined {
  if (text === "") return APPEND;
  const from = text.charCodeAt(0) === 45 ? 1 : 0;
  if (from === text.length || text.length > 10) return undefined;
  for (let i = from; i < text.length; i++) if (text.charCodeAt(i) < 48 || text.charCodeAt(i) > 57) return undefined;
  return { kind: "index", index: int32(Number(text)) };
}

/** Goes one step down; undefined when nothing is there. */
export function child(value: Json, step: PathStep): Json | undefined {
  if (step.kind === "key") return value instanceof Map ? value.get(step.key) : undefined;
  if (step.kind === "append" || !Array.isArray(value)) return undefined;
  return value.at(step.index);
}

/** Puts a value under a container. @returns false when the container has no such place */
export function setChild(parent: Json, step: PathStep, value: Json): boolean {
  if (step.kind === "key") {
    if (!(parent instanceof Map)) return false;
    parent.set(step.key, value);
    return true;
  }
  if (!Array.isArray(parent)) return false;
  if (step.kind === "append") {
    parent.push(value);
    return true;
  }
  const at = step.index < 0 ? parent.length + step.index : step.index;
  // an array grows by one at most: an index from the network must not make a million empty places
  if (at < 0 || at > parent.length) return false;
  parent[at] = value;
  return true;
}

/** Takes a value away from a container. @returns false when it is not there */
export function removeChild(parent: Json, step: PathStep): boolean {
  if (step.kind === "key") return parent instanceof Map && parent.delete(step.key);
  if (step.kind === "append" || !Array.isArray(parent)) return false;
  const at = step.index < 0 ? parent.length + step.index : step.index;
  if (at < 0 || at >= parent.length) return false;
  parent.splice(at, 1);
  return true;
}

// json: documents in variables. `$json` itself is a variable; here are the functions on two of them (script-language 8.8).
import { type FunctionDefinition, must, type ScriptModule } from "../module.ts";
import { Routes } from "../routes.ts";
import { isJsonAccessor, type Json, jsonVariables, parseJson, printJson } from "../variables/index.ts";

/** Makes the module. */
export function json(): ScriptModule {
  return { name: "json", parameters: [], variables: jsonVariables(), functions: [link, merge] };
}

/** One document seen at two places: what is changed at one shows at the other. */
const link: FunctionDefinition = {
  name: "json_link",
  parameters: [must("dest", "variable"), must("source", "variable")],
  routes: Routes.all,
  bind(call) {
    const target = call.variable(0);
    const source = call.variable(1);
    if (!isJsonAccessor(target)) call.fault(0, "$json expected");
    if (!isJsonAccessor(source)) call.fault(1, "$json expected");
    if (!isJsonAccessor(target) || !isJsonAccessor(source)) return () => -1;
    return (run) => {
      const node = source.document(run);
      if (node !== undefined) return target.link(run, node) ? 1 : -1;
      run.error("json", "json_link", "there is no such document to link to");
      return -1;
    };
  },
};

const merge: FunctionDefinition = {
  name: "json_merge",
  parameters: [must("main", "text"), must("patch", "text"), must("output", "output")],
  routes: Routes.all,
  bind(call) {
    const main = call.text(0);
    const patch = call.text(1);
    const output = call.variable(2);
    return (run) => {
      const left = main(run);
      const right = patch(run);
      if (left === undefined || right === undefined) return -1;
      const first = parseJson(left);
      const second = parseJson(right);
      if (!first.ok || !second.ok) {
        run.error("json", "json_merge", `error parsing json <${first.ok ? right : left}>`);
        return -1;
      }
      const merged = printJson(mergePatch(first.value, second.value), "compact");
      // a $json takes the text in as a document
      return output.write?.(run, merged, isJsonAccessor(output)) === true ? 1 : -1;
    };
  },
};

/** RFC 7396: objects are merged key by key, `null` takes a key away, everything else replaces. Depth is bounded by the reader. */
export function mergePatch(main: Json, patch: Json): Json {
  if (!(patch instanceof Map)) return patch;
  const merged = new Map<string, Json>(main instanceof Map ? main : []);
  for (const [key, value] of patch) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key) ?? null, value));
  }
  return merged;
}

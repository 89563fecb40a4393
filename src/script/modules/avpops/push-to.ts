// `avp_pushto`: values of AVPs as Request-URI, next hop or branches.
import { parseUri, withUriParts } from "../../../sip/index.ts";
import { type FunctionDefinition, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { textOf, type Value } from "../../values.ts";
import { setDstUri, setRequestUri, targetOf } from "../../variables/target.ts";
import { flaggedVariable, splitSpec } from "./specs.ts";

/** Where values go. */
type Place = "uri" | "user" | "domain" | "next hop" | "branch";

const PLACES: Readonly<Record<string, Place>> = {
  $ru: "uri",
  "$ru/username": "user",
  "$ru/domain": "domain",
  $du: "next hop",
  $br: "branch",
};

/** With `g` every value is used: the newest for the target itself, the others for branches. */
export const pushTo: FunctionDefinition = {
  name: "avp_pushto",
  parameters: [must("destination", "raw"), must("name", "raw")],
  routes: routeSet("RFOBL"),
  bind(call) {
    const written = splitSpec(call.literal(0) ?? "", 2).join("/");
    const place = Object.hasOwn(PLACES, written) ? PLACES[written] : undefined;
    if (place === undefined) call.fault(0, `unknown destination <${written}>`, `there are ${Object.keys(PLACES).join(", ")}`);
    const source = flaggedVariable(call, 1, "g");
    if (place === undefined || source === undefined) return () => -1;
    const { variable, flags } = source;
    return (run) => {
      const newest = variable.read(run);
      if (newest === null) return -1;
      const values = flags.includes("g") ? (variable.all?.(run) ?? [newest]) : [newest];
      let isFirst = true;
      for (const value of values) {
        if (!push(run, place, value, isFirst)) return -1;
        isFirst = false;
      }
      return 1;
    };
  },
};

function push(run: Run, place: Place, value: Value, isFirst: boolean): boolean {
  const text = textOf(value);
  const target = targetOf(run);
  if (text === undefined || text === "" || target === undefined) return refuse(run, "a value that is no text, or no request");
  if (place === "next hop") return !isFirst || setDstUri(run, text);
  const uri = place === "user" || place === "domain" ? withPart(target.requestUri, place, text) : text;
  if (uri === undefined) return refuse(run, `<${text}> cannot stand in the Request-URI`);
  if (place !== "branch" && isFirst) return setRequestUri(run, uri);
  if (run.request?.appendBranch({ requestUri: uri }) === true) return true;
  return refuse(run, "no room for another branch");
}

function withPart(requestUri: string, place: "user" | "domain", text: string): string | undefined {
  const parsed = parseUri(requestUri);
  if (!parsed.ok) return undefined;
  return withUriParts(parsed.value, place === "user" ? { user: text } : { host: text });
}

function refuse(run: Run, text: string): false {
  run.error("avpops", "avp_pushto", text);
  return false;
}

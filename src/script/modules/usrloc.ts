// usrloc: the location table (side-modules 3.7 to 3.8, script-language 9). Its functions are registrar's.
import type { LocationChange, LocationSettings, Registrar } from "../../location/index.ts";
import { IntParameter, type ModuleFactory, type ModuleParameter, TextParameter } from "../module.ts";
import type { EventParameters, ScriptServices } from "../ports.ts";
import { StorageParameters } from "./usrloc/storage.ts";

/** Events of contacts and addresses. */
const EVENTS: Readonly<Record<LocationChange["kind"], string>> = {
  aorAdded: "E_UL_AOR_INSERT",
  aorRemoved: "E_UL_AOR_DELETE",
  added: "E_UL_CONTACT_INSERT",
  updated: "E_UL_CONTACT_UPDATE",
  removed: "E_UL_CONTACT_DELETE",
  expired: "E_UL_CONTACT_DELETE",
};

/** `matching_mode`: 0, 1, or the name of a URI parameter in angle brackets. */
class MatchingParameter implements ModuleParameter {
  readonly name = "matching_mode";
  readonly type = "any";
  matching: LocationSettings["matching"] | undefined = undefined;

  set(value: string | number): string | undefined {
    if (value === 0) this.matching = "uri";
    else if (value === 1) this.matching = "uriAndCallId";
    else if (typeof value === "string" && paramName(value) !== "") this.matching = { param: paramName(value) };
    else return 'must be 0, 1 or the name of a URI parameter, "<rinst>"';
    return undefined;
  }
}

function paramName(text: string): string {
  return text.startsWith("<") && text.endsWith(">") ? text.slice(1, -1).trim() : text.trim();
}

/** The module `usrloc`. */
export const usrloc: ModuleFactory = () => {
  const useDomain = new IntParameter("use_domain", 0, 0);
  const hashSize = new IntParameter("hash_size", 9, 0, 30);
  const cseqDelay = new IntParameter("cseq_delay", 20, 0);
  const timeOrder = new IntParameter("desc_time_order", 0, 0);
  const natFlag = new TextParameter("nat_bflag");
  const storage = new StorageParameters();
  const matching = new MatchingParameter();
  let stop: (() => void) | undefined;
  return {
    name: "usrloc",
    parameters: [useDomain, hashSize, cseqDelay, timeOrder, natFlag, matching, ...storage.all],
    functions: [],
    variables: [],
    events: Object.values(EVENTS),
    dependencies: () => storage.dependencies(),
    check: () => storage.check(),
    warnings: () => storage.warnings(),
    needs: () => storage.needs(),
    // what is read from a database at the start is read before modules are attached
    options: () => ({ useDomain: useDomain.value !== 0, descTimeOrder: timeOrder.value !== 0, ...storage.options() }),
    attach(services) {
      const { registrar } = services.app.location;
      registrar.configure({
        useDomain: useDomain.value !== 0,
        hashSize: 2 ** hashSize.value,
        cseqDelayMs: cseqDelay.value * 1000,
        isNewestFirst: timeOrder.value !== 0,
        natFlag: natFlag.value,
        ...(matching.matching === undefined ? undefined : { matching: matching.matching }),
      });
      stop = raiseEvents(services, registrar);
    },
    detach: () => stop?.(),
  };
};

/** Tells the bus of every change. @returns what stops it */
function raiseEvents({ events }: ScriptServices, registrar: Registrar): () => void {
  for (const name of Object.values(EVENTS)) events.define(name);
  return registrar.feed.subscribe((change) => events.raise(EVENTS[change.kind], parametersOf(change, registrar)));
}

function parametersOf(change: LocationChange, registrar: Registrar): EventParameters {
  const { binding } = change;
  const common: [string, string][] = [
    ["domain", change.table],
    ["aor", change.aor],
  ];
  if (binding === undefined) return common;
  const { parts } = binding;
  const left = binding.secondsLeft(registrar.now);
  return [
    ...common,
    ["uri", parts.uri],
    ["received", parts.received],
    ["path", parts.path.join(",")],
    ["qval", parts.q < 0 ? -1 : parts.q],
    ["user_agent", parts.userAgent],
    ["socket", parts.listener?.name ?? ""],
    ["bflags", parts.branchFlags.join(" ")],
    ["expires", left === Number.POSITIVE_INFINITY ? 0 : Math.floor(registrar.wallNow / 1000) + left],
    ["callid", parts.callId],
    ["cseq", parts.cseq],
    ["attr", parts.attr],
  ];
}

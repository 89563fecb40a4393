// dialog: looking at another call as if it were the message's own, for as long as the script wants (dialog-behaviour 16).
import type { Dialog, DialogTracker } from "../../../dialog/index.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { Routes } from "../../routes.ts";
import type { Run } from "../../run.ts";

const MODULE = "dialog";

/** `load_dialog_ctx` and `unload_dialog_ctx`. */
export function contextFunctions(): readonly FunctionDefinition[] {
  /** Blocks that look at another call, and what their dialog was before. A block that ends without unloading takes its entry with it. */
  const loads = new WeakMap<Run, { readonly before: Dialog | undefined }>();
  return [
    {
      name: "load_dialog_ctx",
      parameters: [must("id", "text"), may("id_type", "text"), may("active_only", "int")],
      routes: Routes.all,
      resultMatters: true,
      bind: (call) => {
        checkType(call);
        const [id, type, activeOnly] = [call.text(0), call.text(1), call.int(2)];
        return (run) => {
          const text = id(run);
          const kind = call.has(1) ? type(run)?.toLowerCase() : "callid";
          const isLiveOnly = call.has(2) && (activeOnly(run) ?? 0) !== 0;
          if (text === undefined || (kind !== "callid" && kind !== "did")) return -1;
          if (loads.has(run)) {
            run.error(MODULE, "load_dialog_ctx", "another dialog is loaded: unload_dialog_ctx() comes first");
            return -1;
          }
          const found = find(run.services.dialogs, text, kind === "did", isLiveOnly);
          if (found === undefined) return -1;
          loads.set(run, { before: run.loadedDialog });
          run.loadedDialog = found;
          return 1;
        };
      },
    },
    {
      name: "unload_dialog_ctx",
      parameters: [],
      routes: Routes.all,
      bind: () => (run) => {
        const load = loads.get(run);
        if (load === undefined) return -1;
        loads.delete(run);
        run.loadedDialog = load.before;
        return 1;
      },
    },
  ];
}

function checkType(call: BoundCall): void {
  const type = call.has(1) ? call.literal(1)?.toLowerCase() : undefined;
  if (type !== undefined && type !== "callid" && type !== "did") {
    call.fault(1, `unsupported dialog identifier type <${type}>`, 'it may be "callid" or "did"');
  }
}

/** A live dialog before one that has ended. */
function find(dialogs: DialogTracker, id: string, isDid: boolean, isLiveOnly: boolean): Dialog | undefined {
  const live = isDid ? dialogs.byDid(id) : dialogs.byCallId(id);
  if (live !== undefined || isLiveOnly) return live;
  return isDid ? dialogs.inAnyState(id) : dialogs.firstOf(id);
}

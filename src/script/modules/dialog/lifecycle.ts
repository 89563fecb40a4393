// dialog: making, finding and checking the dialog of a request, the routes that run at its turning points, requests of our own in it.
import { type DialogRoutes, parseMatchMode, parseOptions, type SequentialParts } from "../../../dialog/index.ts";
import { isCleanHeaderText } from "../../../sip/index.ts";
import { type Action, type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { Routes, routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { textOf } from "../../values.ts";

const MODULE = "dialog";
/** `create_dialog` to `fix_route_dialog`, `dlg_on_*`, `dlg_send_sequential`, `set_dlg_sharing_tag`. @param expect - told the flags that stand in the script */
export function lifecycleFunctions(expect: (options: number) => void = () => {}): readonly FunctionDefinition[] {
  return [
    {
      name: "create_dialog",
      parameters: [may("flags", "text")],
      routes: Routes.request,
      bind: (call) => bindCreate(call, expect),
    },
    {
      name: "match_dialog",
      parameters: [may("mode", "text")],
      routes: Routes.request,
      resultMatters: true,
      bind: (call) => {
        const mode = call.text(0);
        return (run) => {
          if (run.loadedDialog !== undefined) return 1;
          const { request } = run;
          if (request === undefined) return -1;
          const text = call.has(0) ? mode(run) : undefined;
          return run.services.dialogs.match(request, text === undefined ? undefined : parseMatchMode(text)) ? 1 : -1;
        };
      },
    },
    {
      name: "validate_dialog",
      parameters: [],
      routes: Routes.request,
      resultMatters: true,
      bind: () => (run) => (run.request === undefined ? -4 : run.services.dialogs.validate(run.request)),
    },
    {
      name: "fix_route_dialog",
      parameters: [],
      routes: Routes.request,
      bind: () => (run) => (run.request === undefined ? -1 : run.services.dialogs.fixRoute(run.request)),
    },
    onTurningPoint("dlg_on_answer", "answer"),
    onTurningPoint("dlg_on_timeout", "timeout"),
    onTurningPoint("dlg_on_hangup", "hangup"),
    {
      name: "set_dlg_sharing_tag",
      parameters: [must("tag", "text")],
      routes: routeSet("RFOB"),
      bind: (call) => {
        const tag = call.text(0);
        return (run) => {
          const text = tag(run);
          const { dialog } = run;
          if (text === undefined || dialog === undefined) return -1;
          dialog.setSharingTag(text);
          run.services.scriptLog.line(4, MODULE, "set_dlg_sharing_tag", `tag <${text}> is kept with the dialog; there is no cluster`);
          return 1;
        };
      },
    },
    {
      name: "dlg_send_sequential",
      parameters: [must("method", "text"), must("leg", "text"), may("body", "text"), may("content_type", "text"), may("headers", "text")],
      routes: Routes.all,
      bind: bindSendSequential,
    },
  ];
}

function bindCreate(call: BoundCall, expect: (options: number) => void): Action {
  if (!call.has(0)) return (run) => create(run, undefined);
  const literal = call.literal(0);
  if (literal !== undefined) {
    const parsed = parseOptions(literal);
    if (!parsed.ok) {
      call.fault(0, parsed.fault);
      return () => -1;
    }
    const options = parsed.value;
    expect(options);
    return (run) => create(run, options);
  }
  const flags = call.text(0);
  return (run) => {
    const text = flags(run);
    if (text === undefined) return -1;
    const parsed = parseOptions(text);
    if (!parsed.ok) {
      run.error(MODULE, "create_dialog", parsed.fault);
      return -1;
    }
    return create(run, parsed.value);
  };
}

function create(run: Run, options: number | undefined): number {
  const { request } = run;
  if (request === undefined) return -1;
  return run.services.dialogs.create(request, options === undefined ? undefined : { options }) === undefined ? -1 : 1;
}

function onTurningPoint(name: string, when: keyof DialogRoutes): FunctionDefinition {
  return {
    name,
    parameters: [may("route", "value")],
    routes: routeSet("RFOB"),
    bind: (call) => {
      if (call.has(0)) call.needsRoute(0, "request");
      const route = call.value(0);
      return (run) => {
        const value = route(run);
        const { dialog } = run;
        if (dialog === undefined) {
          run.error(MODULE, name, "no current dialog: create_dialog() comes first");
          return -1;
        }
        // nothing, or NULL, disarms
        return dialog.setRoute(when, textOf(value) ?? "") ? 1 : -1;
      };
    },
  };
}

function bindSendSequential(call: BoundCall): Action {
  const literal = call.literal(1);
  if (literal !== undefined && sideOf(literal) === undefined) {
    // the reference spells it so
    call.fault(1, `unsupported dialog indetifier <${literal}>`, `the method comes first, then the leg: "caller" or "callee"`);
    return () => -1;
  }
  if (call.has(2) && call.literal(2) !== "" && (!call.has(3) || call.literal(3) === "")) call.warn(2, "body without content type");
  const [method, leg, body, contentType, headers] = [call.text(0), call.text(1), call.text(2), call.text(3), call.text(4)];
  return (run) => {
    const name = method(run);
    const side = sideOf(leg(run) ?? "");
    if (name === undefined || side === undefined) {
      run.error(MODULE, "dlg_send_sequential", "the leg has to be caller or callee");
      return -1;
    }
    const { dialog } = run;
    if (dialog === undefined) {
      run.warning(MODULE, "dlg_send_sequential", "no current dialog found");
      return -1;
    }
    const reply = name === "PRACK" ? run.reply : undefined;
    const rseq = reply?.response.header("RSeq");
    const extra = call.has(4) ? (headers(run) ?? "") : "";
    const parts: SequentialParts = {
      method: name,
      to: side,
      body: call.has(2) ? body(run) : undefined,
      contentType: call.has(3) ? contentType(run) : undefined,
      headers: reply === undefined || rseq === undefined ? extra : `RAck: ${rseq.trim()} ${reply.response.cseqNumber} INVITE\r\n${extra}`,
      after: reply === undefined || rseq === undefined ? undefined : { response: reply.response, branch: reply.branch.index },
    };
    if (!areHeaderLines(extra)) {
      run.error(MODULE, "dlg_send_sequential", "the headers are no complete header lines, each ending in \\r\\n");
      return -1;
    }
    if (run.services.dialogs.sendSequential(dialog, parts)) return 1;
    run.error(MODULE, "dlg_send_sequential", `cannot send ${name} to the ${side}`);
    return -1;
  };
}

function sideOf(text: string): "caller" | "callee" | undefined {
  const word = text.toLowerCase();
  return word === "caller" || word === "callee" ? word : undefined;
}

/** Whether a text is whole header lines and nothing that would end the head of the message. */
function areHeaderLines(text: string): boolean {
  if (text === "") return true;
  if (!text.endsWith("\r\n")) return false;
  return text
    .slice(0, -2)
    .split("\r\n")
    .every((line) => line.indexOf(":") > 0 && isCleanHeaderText(line));
}

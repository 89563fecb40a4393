// save(): stores what a REGISTER asks for and answers it; in reply routes what another registrar has granted.
import { bindingsOf, type SaveOptions } from "../../../location/index.ts";
import type { SipRequest, SipResponse } from "../../../sip/index.ts";
import type { Source } from "../../../transport/index.ts";
import { branchFlags } from "../../branch-attributes.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { textOf } from "../../values.ts";
import { extraOf } from "../relaying.ts";
import { sendReply } from "../signaling.ts";
import { flagsOf, tableOf } from "./arguments.ts";
import { readSaveFlags, type SaveFlags } from "./flags.ts";
import type { RegistrarParameters } from "./parameters.ts";

const MODULE = "registrar";
const INFO = 3;
/** What a refresh may be late, and the longest time a connection is kept for. */
const GRACE_SECONDS = 10;
const MOST_SECONDS = 604_800;
const REFUSED = -2;
const FAILED = -1;

/** The function `save`. */
export function saveFunction(parameters: RegistrarParameters): FunctionDefinition {
  return {
    name: "save",
    parameters: [must("domain", "static"), may("flags", "text"), may("aor", "text"), may("ownership_tag", "text")],
    routes: routeSet("RO"),
    bind: (call) => bindSave(call, parameters),
  };
}

function bindSave(call: BoundCall, parameters: RegistrarParameters): (run: Run) => number {
  const table = tableOf(call, 0);
  parameters.tables.add(table);
  const flags = flagsOf(call, 1, readSaveFlags);
  const aor = call.has(2) ? call.text(2) : undefined;
  return (run) => {
    const given = flags(run);
    const { request, reply } = run;
    if (given === undefined || request === undefined) return FAILED;
    const address = aor?.(run);
    if (aor !== undefined && address === undefined) return FAILED;
    const options = optionsOf(run, given, address, parameters);
    const { source } = request;
    const result = reply === undefined ? saveRequest(run, table, request.request, source, options) : FAILED;
    if (result === 1) keepConnection(run, table, request.request, source, options, parameters.tcpFlag);
    if (reply === undefined) return result;
    return saveGranted(run, table, request.request, request.source, options, reply.response);
  };
}

function saveRequest(run: Run, table: string, request: SipRequest, source: Source, options: SaveOptions): number {
  const { registrar } = run.services.app.location;
  const { status, reason, headers, error, aor } = registrar.save(table, request, source, options);
  // anybody can send what is refused: no line of it at the usual level
  if (status !== 200) run.services.scriptLog.line(INFO, MODULE, "save", `REGISTER of <${aor}> refused: ${error}`);
  if (options.isSilent !== true) {
    const more = extraOf(run, status);
    const all = headers + (more?.headers ?? "");
    if (sendReply(run, status, reason, all === "" ? undefined : { headers: all }) < 0) return FAILED;
  }
  return status === 200 ? 1 : REFUSED;
}

/** In reply routes: the other registrar has answered already, and its word counts. */
function saveGranted(run: Run, table: string, request: SipRequest, source: Source, options: SaveOptions, granted: SipResponse): number {
  if (granted.status < 200 || granted.status > 299) return FAILED;
  const { registrar } = run.services.app.location;
  return registrar.save(table, request, source, options, granted).status === 200 ? 1 : REFUSED;
}

/** Clients with the flag of `tcp_persistent_flag` are reached by the connection they registered by, for as long as they are registered. */
function keepConnection(run: Run, table: string, request: SipRequest, source: Source, options: SaveOptions, flag: string): void {
  if (flag === "" || source.flow === 0 || run.scope.flags?.has(flag) !== true) return;
  const { registrar } = run.services.app.location;
  const left = (bindingsOf(registrar, table, options.aor ?? request.to.uri, { callId: request.callId }) ?? []).map((binding) =>
    binding.secondsLeft(registrar.now),
  );
  const longest = Math.min(Math.max(0, ...left), MOST_SECONDS);
  if (longest > 0) run.services.transport.keepOpen(source.flow, (longest + GRACE_SECONDS) * 1000);
}

function optionsOf(run: Run, flags: SaveFlags, aor: string | undefined, parameters: RegistrarParameters): SaveOptions {
  const avp = (name: string | undefined): string | undefined => (name === undefined ? undefined : textOf(run.avps.get(name)));
  const { takesSocketHeader, ...options } = flags;
  const set = branchFlags(run);
  return {
    ...options,
    aor,
    socketHeader: takesSocketHeader === true && parameters.socketHeader !== "" ? parameters.socketHeader : undefined,
    received: avp(parameters.receivedAvp),
    attr: avp(parameters.attrAvp),
    modifiedContact: avp(parameters.contactAvp),
    branchFlags: set === undefined ? undefined : [...set],
  };
}

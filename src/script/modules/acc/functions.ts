// Functions of acc (script-language 8.8, side-modules 2.1).
import {
  type AccountFlags,
  ALL_FLAGS,
  ALL_TYPES,
  NO_FLAGS,
  parseFlags,
  parseTypes,
  RecordType,
  type RecordTypes,
} from "../../../accounting/index.ts";
import { type BoundCall, type FunctionDefinition, may, must } from "../../module.ts";
import { Routes, routeSet } from "../../routes.ts";
import type { Run } from "../../run.ts";
import { refusing } from "../minimum.ts";
import type { AccContext } from "./context.ts";
import type { AccTables } from "./tables.ts";

const MODULE = "acc";
const NO_DATABASE = "there is no database for records: set db_url";

/** All functions. */
export function accFunctions(context: AccContext, tables: AccTables): readonly FunctionDefinition[] {
  return [
    doAccounting(context, tables),
    dropAccounting(context, tables),
    request(context, "acc_log_request", RecordType.log),
    request(context, "acc_evi_request", RecordType.evi),
    databaseRequest(context, tables),
    refusing(MODULE, "no AAA server is spoken to", { name: "acc_aaa_request", routes: "RFBL", parameters: [must("comment", "text")] }),
    {
      name: "acc_new_leg",
      parameters: [],
      routes: routeSet("RFBL"),
      bind: () => (run) => (context.write(run)?.values.newLeg() === true ? 1 : -1),
    },
    { name: "acc_load_ctx_from_dlg", parameters: [], routes: Routes.all, bind: () => (run) => context.load(run) },
    { name: "acc_unload_ctx_from_dlg", parameters: [], routes: Routes.all, bind: () => (run) => context.unload(run) },
  ];
}

function doAccounting(context: AccContext, tables: AccTables): FunctionDefinition {
  return {
    name: "do_accounting",
    parameters: [must("types", "text"), may("flags", "text"), may("table", "text")],
    routes: routeSet("RFBL"),
    bind(call) {
      const types = typesOf(call, 0, tables);
      const flags = call.has(1) ? flagsOf(call, 1) : () => NO_FLAGS;
      const table = call.has(2) ? call.text(2) : undefined;
      tables.isNamed(call.has(2) ? call.literal(2) : undefined);
      return (run) => {
        const wanted = types(run);
        const kinds = flags(run);
        const { request: received } = run;
        if (wanted === undefined || kinds === undefined || received === undefined) return -1;
        const account = context.accounting(run).open(received, wanted, kinds, table?.(run));
        if (account === "ignored") run.warning(MODULE, "do_accounting", "CANCELs are not accounted without report_cancels");
        if (account === undefined) run.error(MODULE, "do_accounting", "the call cannot be tracked, so its end cannot be recorded");
        return account === undefined ? -1 : 1;
      };
    },
  };
}

function dropAccounting(context: AccContext, tables: AccTables): FunctionDefinition {
  return {
    name: "drop_accounting",
    parameters: [may("types", "text"), may("flags", "text")],
    routes: routeSet("RFBL"),
    bind(call) {
      const types = call.has(0) ? typesOf(call, 0, tables, true) : () => ALL_TYPES;
      const flags = call.has(1) ? flagsOf(call, 1) : () => ALL_FLAGS;
      return (run) => {
        const dropped = types(run);
        const kinds = flags(run);
        const [account] = context.read(run);
        if (dropped === undefined || kinds === undefined || account === undefined || account.types === 0) return -1;
        account.drop(dropped, kinds);
        return 1;
      };
    },
  };
}

function request(context: AccContext, name: string, type: RecordTypes): FunctionDefinition {
  return {
    name,
    parameters: [must("comment", "text")],
    routes: routeSet("RFBL"),
    bind(call) {
      const comment = call.text(0);
      return (run) => {
        const text = comment(run);
        if (text === undefined || run.request === undefined) return -1;
        context.accounting(run).note(run.request, type, text);
        return 1;
      };
    },
  };
}

/** `acc_db_request`: a row at once. */
function databaseRequest(context: AccContext, tables: AccTables): FunctionDefinition {
  let hasWarned = false;
  return {
    name: "acc_db_request",
    parameters: [must("comment", "text"), must("table", "text")],
    routes: routeSet("RFBL"),
    bind(call) {
      const comment = call.text(0);
      const table = call.text(1);
      tables.mayBeUsed = true;
      tables.isNamed(call.literal(1));
      return (run) => {
        if (!tables.areThere) {
          if (!hasWarned) run.warning(MODULE, call.name, `${NO_DATABASE}: returning -1`);
          hasWarned = true;
          return -1;
        }
        const text = comment(run);
        const name = table(run);
        if (text === undefined || name === undefined || run.request === undefined) return -1;
        context.accounting(run).note(run.request, RecordType.db, text, name);
        return 1;
      };
    },
  };
}

/** `log|db`: what is wrong with a literal is said when the script is read. */
function typesOf(call: BoundCall, i: number, tables: AccTables, isDropping = false): (run: Run) => RecordTypes | undefined {
  const check = (types: RecordTypes | string): RecordTypes | string => {
    if (typeof types === "string") return `unknown accounting type <${types}>; there are log, db and evi`;
    return (types & RecordType.aaa) === 0 ? types : "accounting type <aaa> is not supported by Dialoom";
  };
  const literal = call.literal(i);
  if (literal !== undefined) {
    const types = check(parseTypes(literal));
    if (typeof types === "number") {
      if ((types & RecordType.db) !== 0 && !isDropping) tables.isUsed = true;
      return () => types;
    }
    call.fault(i, types);
    return () => undefined;
  }
  const text = call.text(i);
  if (!isDropping) tables.mayBeUsed = true;
  return (run) => {
    const given = text(run);
    let types = given === undefined ? "no text" : check(parseTypes(given));
    if (typeof types === "number" && (types & RecordType.db) !== 0 && !isDropping && !tables.areThere) types = NO_DATABASE;
    if (typeof types === "number") return types;
    run.error(MODULE, call.name, types);
    return undefined;
  };
}

/** `cdr|missed|failed`. */
function flagsOf(call: BoundCall, i: number): (run: Run) => AccountFlags | undefined {
  const literal = call.literal(i);
  if (literal !== undefined) {
    const flags = parseFlags(literal);
    if (typeof flags !== "string") return () => flags;
    call.fault(i, `unknown accounting flag <${flags}>; there are cdr, missed and failed`);
    return () => undefined;
  }
  const text = call.text(i);
  return (run) => {
    const given = text(run);
    const flags = given === undefined ? "" : parseFlags(given);
    if (typeof flags !== "string") return flags;
    run.error(MODULE, call.name, `unknown accounting flag <${flags}>`);
    return undefined;
  };
}

// acc: call records as lines of the log, as events and in tables (script-language 8.8 and 9, side-modules 2).
import { type Accounting, RecordFields, type RecordSink, RecordType } from "../../accounting/index.ts";
import { IntParameter, ListParameter, type ModuleFactory } from "../module.ts";
import { accVariables } from "../variables/acc.ts";
import { AccContext } from "./acc/context.ts";
import { accFunctions } from "./acc/functions.ts";
import { ACC_EVENTS, EventSink, LogSink } from "./acc/sinks.ts";
import { AccTables } from "./acc/tables.ts";

/** The module `acc`. */
export const acc: ModuleFactory = () => {
  const extras = new RecordFields();
  const legs = new RecordFields();
  const context = new AccContext(extras, legs);
  const tables = new AccTables();
  const earlyMedia = new IntParameter("early_media", 0, 0);
  const reportCancels = new IntParameter("report_cancels", 0, 0);
  const detectDirection = new IntParameter("detect_direction", 0, 0);
  const logLevel = new IntParameter("log_level", 2, -3, 4);
  let accounting: Accounting | undefined;
  let sinks: readonly RecordSink[] = [];
  return {
    name: "acc",
    parameters: [
      earlyMedia,
      reportCancels,
      detectDirection,
      logLevel,
      ...tables.parameters,
      new ListParameter("extra_fields", (text) => extras.declare(text)),
      new ListParameter("leg_fields", (text) => legs.declare(text)),
    ],
    functions: accFunctions(context, tables),
    variables: accVariables(context),
    events: ACC_EVENTS,
    dependencies: () => [
      { oneOf: ["tm"], message: "module acc depends on module tm, but it was not loaded!" },
      ...tables.dependencies(),
      ...(detectDirection.value === 0
        ? []
        : [{ oneOf: ["rr"], message: "module acc depends on module rr due to modparam detect_direction, but none was loaded!" }]),
    ],
    check: () => tables.check(),
    options: () => tables.options(extras.of(RecordType.db), legs.of(RecordType.db)),
    attach(services) {
      accounting = services.app.records.accounting;
      accounting.configure({
        earlyMedia: earlyMedia.value !== 0,
        reportCancels: reportCancels.value !== 0,
        detectDirection: detectDirection.value !== 0,
      });
      sinks = [new LogSink(services.scriptLog, logLevel.value, extras, legs), new EventSink(services.events, extras, legs)];
      for (const sink of sinks) accounting.addSink(sink);
    },
    detach() {
      for (const sink of sinks) accounting?.removeSink(sink);
      sinks = [];
    },
  };
};

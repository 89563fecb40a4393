// `error_route`: requests that could not be read (script-language 4, proxy-core 1.8). What it does not answer is refused as usual.
import type { MalformedRequest } from "../../proxy/index.ts";
import { dummyRequest } from "../compile/dummy.ts";
import { type ErrorDetails, TransactionScope } from "../run.ts";
import type { Runner } from "./runner.ts";

/** Class 1 of the reference: the parser's. */
const PARSER = 1;
/** Its middle level: the message is lost, nothing else. */
const MEDIUM = 3;

/** Runs the error route on one request. */
export function runErrorRoute(runner: Runner, bad: MalformedRequest): void {
  const route = runner.program.route("error", "");
  if (route === undefined) return;
  const { fault } = bad;
  const run = runner.fresh("error", "", bad.request ?? dummyRequest(), new TransactionScope());
  run.malformed = bad;
  run.source = bad.source;
  run.messageId = runner.nextMessage();
  run.mayWait = false;
  const details: ErrorDetails = { class: PARSER, level: MEDIUM, info: fault.rule, status: fault.status, reason: fault.reason };
  run.errorDetails = details;
  runner.executeNow(run, route);
}

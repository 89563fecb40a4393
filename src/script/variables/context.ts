// `$(<request>…)`, `$(<reply>…)`: a variable evaluated against another message of the same transaction.
import type { SipMessage } from "../../sip/index.ts";
import type { Accessor, BoundVariable } from "../module.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";

const NO_VALUES: readonly Value[] = [];

type Context = NonNullable<BoundVariable["context"]>;

/** Wraps an accessor so that it reads in the context of its reference; without one it comes back as it is. */
export function inContext(reference: BoundVariable, accessor: Accessor): Accessor {
  const { context } = reference;
  if (context === undefined) return accessor;
  const { read, write, all } = accessor;
  return {
    read: (run) => within(run, context, read, null),
    write: write === undefined ? undefined : (run, value, isReplacing) => within(run, context, (r) => write(r, value, isReplacing), false),
    all: all === undefined ? undefined : (run) => within(run, context, all, NO_VALUES),
  };
}

// The run shows another message for the length of one read: variables need not know of contexts.
function within<T>(run: Run, context: Context, read: (run: Run) => T, none: T): T {
  if (context === "branch") return run.branch === undefined ? none : read(run);
  const other = context === "request" ? requestOf(run) : replyOf(run);
  if (other === undefined) return none;
  const { message, reply, branch, source } = run;
  run.message = other;
  if (context === "request") {
    run.reply = undefined;
    run.branch = undefined;
    run.source = run.request?.source ?? source;
  }
  const value = read(run);
  run.message = message;
  run.reply = reply;
  run.branch = branch;
  run.source = source;
  return value;
}

function requestOf(run: Run): SipMessage | undefined {
  return run.request?.request ?? run.local?.request ?? (run.message.isRequest ? run.message : undefined);
}

function replyOf(run: Run): SipMessage | undefined {
  if (!run.message.isRequest) return run.message;
  return run.failure?.response ?? run.reply?.response ?? run.local?.response;
}

// The branch set: what `$branch = …` adds and the next relay sends to beside the current target.

import type { BranchTarget } from "../../proxy/index.ts";
import { isCleanHeaderText } from "../../sip/index.ts";
import { attributesOf, BranchAttributes, flagNames } from "../branch-attributes.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { intOf, textOf, type Value } from "../values.ts";
import { inContext } from "./context.ts";
import { filled, indexed, NOTHING, orNull, plain } from "./define.ts";
import { listenerNamed } from "./sockets.ts";

/** Reads one field of a branch and makes a changed copy; `undefined` when the value does not fit. */
interface Field {
  readonly read: (branch: BranchTarget) => Value;
  readonly write: (branch: BranchTarget, value: Value, run: Run) => BranchTarget | undefined;
}

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ["uri", { read: (branch) => branch.requestUri, write: (branch, value) => withText(value, (requestUri) => ({ ...branch, requestUri })) }],
  [
    "duri",
    {
      read: (branch) => orNull(branch.dstUri),
      write: (branch, value) =>
        value === null ? { ...branch, dstUri: undefined } : withText(value, (dstUri) => ({ ...branch, dstUri, flow: 0 })),
    },
  ],
  ["q", { read: (branch) => branch.q ?? -1, write: (branch, value) => withQ(branch, value) }],
  [
    "path",
    {
      read: (branch) => (branch.path === undefined || branch.path.length === 0 ? null : branch.path.join(", ")),
      write: (branch, value) =>
        value === null ? { ...branch, path: undefined } : withText(value, (path) => ({ ...branch, path: [path] })),
    },
  ],
  [
    "flags",
    {
      read: (branch) => flagNames(attributesOf(branch.attributes)?.flags),
      write: (branch, value) => ({
        ...branch,
        attributes: new BranchAttributes((textOf(value) ?? "").split(",").filter((name) => name !== "")),
      }),
    },
  ],
  [
    "socket",
    {
      read: (branch) => orNull(branch.listener?.name),
      write(branch, value, run) {
        if (value === null) return { ...branch, listener: undefined };
        const listener = listenerNamed(run, textOf(value) ?? "");
        return listener === undefined ? undefined : { ...branch, listener };
      },
    },
  ],
]);

/** `$branch`, `$branch(uri)`, `$(branch(uri)[i])`, the same as `$msg.branch.uri`, `$ds` and `$path`. */
export function branchVariables(): readonly VariableDefinition[] {
  return [
    { name: "branch", inner: "optional", isWritable: true, bind: (reference) => bindBranch(reference, reference.inner) },
    { name: "msg.branch", inner: "none", isWritable: true, bind: (reference) => bindBranch(reference, undefined) },
    ...[...FIELDS.keys()].map(
      (field): VariableDefinition => ({
        name: `msg.branch.${field}`,
        inner: "none",
        isWritable: true,
        bind: (reference) => bindBranch(reference, field),
      }),
    ),
    plain("ds", destinationSet),
    plain("path", (run) => filled(run.message.isRequest ? run.request?.path?.join(", ") : undefined)),
  ];
}

function bindBranch(reference: BoundVariable, inner: BoundVariable["inner"]): Accessor {
  if (inner === undefined) {
    const { read, all } = indexed(reference, (run) => branchesOf(run).map((branch) => branch.requestUri));
    return reference.index === undefined ? { read, all, write: append } : { read, all };
  }
  if (typeof inner === "function") {
    reference.fault(-1, "the name in $branch(…) must be written out");
    return NOTHING;
  }
  const field = FIELDS.get(inner);
  if (field === undefined) {
    reference.fault(-1, `unknown name <${inner}> in $branch`, `it may be ${[...FIELDS.keys()].join(", ")}`);
    return NOTHING;
  }
  const { read, all } = indexed(reference, (run) => branchesOf(run).map(field.read));
  const { index } = reference;
  const write = (run: Run, value: Value): boolean => {
    const at = typeof index === "function" ? index(run) : (index ?? 0);
    if (typeof at !== "number") return fail(run, "one branch at a time is written");
    const set = run.request?.branchSet;
    const place = at < 0 ? (set?.length ?? 0) + at : at;
    const branch = set?.[place];
    if (set === undefined || branch === undefined) return fail(run, `there is no branch ${at}`);
    const changed = field.write(branch, value, run);
    if (changed === undefined) return fail(run, `bad value for $branch(${inner})`);
    set[place] = changed;
    return true;
  };
  return inContext(reference, { read, all, write });
}

function branchesOf(run: Run): readonly BranchTarget[] {
  return (run.message.isRequest ? run.request?.branchSet : undefined) ?? [];
}

function append(run: Run, value: Value): boolean {
  const uri = textOf(value);
  const { request } = run;
  if (request === undefined || !run.message.isRequest) return fail(run, "there is no request here to add a branch to");
  if (uri === undefined || uri === "" || !isCleanHeaderText(uri)) return fail(run, "a branch needs a URI");
  return request.appendBranch({ requestUri: uri }) || fail(run, "too many branches");
}

function withText(value: Value, change: (text: string) => BranchTarget): BranchTarget | undefined {
  const text = textOf(value);
  return text === undefined || text === "" || !isCleanHeaderText(text) ? undefined : change(text);
}

function withQ(branch: BranchTarget, value: Value): BranchTarget | undefined {
  const q = value === null ? -1 : intOf(value);
  if (q === undefined || q < -1 || q > 1000) return undefined;
  return { ...branch, q: q < 0 ? undefined : q };
}

// As a Contact header would list the targets.
function destinationSet(run: Run): Value {
  const { request } = run;
  if (request === undefined || !run.message.isRequest) return null;
  const targets = [request.currentTarget(), ...branchesOf(run)];
  return `Contact: ${targets.map((target) => `<${target.requestUri}>${qText(target.q)}`).join(", ")}`;
}

function qText(q: number | undefined): string {
  return q === undefined || q >= 1000 || q < 0 ? "" : `;q=${q / 1000}`;
}

function fail(run: Run, text: string): false {
  run.error("core", "pv_set_branch", text);
  return false;
}

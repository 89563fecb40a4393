// Variables of acc: values that stand in call records (script-language 6.2, side-modules 2.7).
import type { Account, RecordFields } from "../../accounting/index.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Run } from "../run.ts";
import { printed, type Value } from "../values.ts";
import { joined, NOTHING, orNull, plain, refuseIndex } from "./define.ts";

const MODULE = "acc";

/** What the variables need of their module. */
export interface AccVariables {
  readonly extraFields: RecordFields;
  readonly legFields: RecordFields;
  /** The accounts a value may be read from, the nearest first. */
  read(run: Run): readonly [Account | undefined, Account | undefined];
  /** Where values are written. */
  write(run: Run): Account | undefined;
}

/** `$acc_extra(tag)`, `$acc_leg(tag)`, `$acc_current_leg`. */
export function accVariables(module: AccVariables): readonly VariableDefinition[] {
  return [
    {
      name: "acc_extra",
      inner: "required",
      isWritable: true,
      bind(reference) {
        refuseIndex(reference);
        const tag = tagOf(reference, module.extraFields, "extra_fields");
        return tag === undefined ? NOTHING : extra(module, tag);
      },
    },
    {
      name: "acc_leg",
      inner: "required",
      isWritable: true,
      bind(reference) {
        const tag = tagOf(reference, module.legFields, "leg_fields");
        return tag === undefined ? NOTHING : leg(module, tag, reference);
      },
    },
    plain("acc_current_leg", (run) => {
      const [own, ofCall] = module.read(run);
      const at = Math.max(own?.values.currentLeg ?? -1, ofCall?.values.currentLeg ?? -1);
      return at < 0 ? null : at;
    }),
  ];
}

function extra(module: AccVariables, tag: string): Accessor {
  return {
    read: (run) => {
      const [own, ofCall] = module.read(run);
      return orNull(own?.values.extras.get(tag) ?? ofCall?.values.extras.get(tag));
    },
    write: (run, value) => put(run, module.write(run), (account) => account.values.set(tag, textOrNothing(value))),
  };
}

function leg(module: AccVariables, tag: string, { index }: BoundVariable): Accessor {
  const values = (run: Run): Account["values"] | undefined => {
    const [own, ofCall] = module.read(run);
    return own !== undefined && own.values.legs.length > 0 ? own.values : (ofCall ?? own)?.values;
  };
  const all = (run: Run): readonly Value[] => values(run)?.legs.map((one) => orNull(one.get(tag))) ?? [];
  const at = (run: Run): number | undefined => (typeof index === "function" ? index(run) : typeof index === "number" ? index : undefined);
  if (index === "*") return { read: (run) => joined(all(run)), all };
  const hasIndex = index !== undefined && index !== "append";
  return {
    read: (run) => {
      const number = at(run);
      return hasIndex && number === undefined ? null : orNull(values(run)?.legValue(tag, number));
    },
    write: (run, value) => {
      const number = at(run);
      if (hasIndex && number === undefined) return false;
      return put(run, module.write(run), (account) => account.values.setLegValue(tag, textOrNothing(value), number));
    },
    all,
  };
}

function put(run: Run, account: Account | undefined, set: (account: Account) => boolean): boolean {
  if (account !== undefined && set(account)) {
    account.save();
    return true;
  }
  run.error(MODULE, "pv_set_acc", account === undefined ? "there is no request to account" : "no such leg, or too many values");
  return false;
}

function textOrNothing(value: Value): string | undefined {
  return value === null ? undefined : printed(value);
}

function tagOf(reference: BoundVariable, fields: RecordFields, parameter: string): string | undefined {
  const { inner, name } = reference;
  if (typeof inner !== "string") reference.fault(-1, `$${name} needs a plain name`);
  else if (!fields.has(inner.trim())) {
    const known = fields.tags();
    const hint = known.length === 0 ? `declare it: modparam("acc", "${parameter}", "log:${inner}")` : `there are ${known.join(", ")}`;
    reference.fault(-1, `unknown name <${inner}> in $${name}`, hint);
  } else return inner.trim();
  return undefined;
}

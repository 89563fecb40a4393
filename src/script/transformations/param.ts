// {param.…}: lists of `name=value` with semicolons between them.
import { equalsIgnoreCase, type Param, unquote } from "../../sip/index.ts";
import type { Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, withParameters } from "./definition.ts";

/** Class `param`. */
export function paramTransformations(): readonly TransformationDefinition[] {
  return [
    simple("param", "count", (text) => paramsOf(text).length),
    withParameters("param", "value", 1, 1, (given) => {
      const name = given.text(0);
      return (text, run) => valueOfParam(named(text, name(run)));
    }),
    withParameters("param", "exist", 1, 1, (given) => {
      const name = given.text(0);
      return (text, run) => (named(text, name(run)) === undefined ? 0 : 1);
    }),
    at("valueat", valueOfParam),
    at("name", (param) => param?.name ?? null),
  ];
}

function at(name: string, get: (param: Param | undefined) => Value): TransformationDefinition {
  return withParameters("param", name, 1, 1, (given) => {
    const index = given.int(0);
    return (text, run) => {
      const i = index(run);
      return i === undefined ? nothing(run, "paramlist", `param.${name}: bad index`) : get(paramsOf(text).at(i));
    };
  });
}

function named(text: string, name: string): Param | undefined {
  const wanted = name.trim();
  return paramsOf(text).find((param) => equalsIgnoreCase(param.name, wanted));
}

function valueOfParam(param: Param | undefined): Value {
  return param === undefined ? null : unquote(param.value ?? "");
}

/** The parameters of a list, blanks around names and values taken off; quotes stay, semicolons inside them do not separate. */
export function paramsOf(text: string): readonly Param[] {
  const params: Param[] = [];
  let from = 0;
  let equals = -1;
  let isQuoted = false;
  for (let i = 0; i <= text.length; i++) {
    const c = i < text.length ? text.charCodeAt(i) : 59;
    if (isQuoted && i < text.length) {
      if (c === 34) isQuoted = false;
      else if (c === 92) i++;
    } else if (c === 34) isQuoted = true;
    else if (c === 61 && equals < 0) equals = i;
    else if (c === 59) {
      const name = text.slice(from, equals < 0 ? i : equals).trim();
      if (name !== "") params.push({ name, value: equals < 0 ? undefined : text.slice(equals + 1, i).trim() });
      from = i + 1;
      equals = -1;
      isQuoted = false;
    }
  }
  return params;
}

// {via.…}: the parts of one Via value.
import { bracketed, parseVia, type Via } from "../../sip/index.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, withParameters } from "./definition.ts";

/** A Via value and the comment behind it, which RFC 2543 allowed. */
interface Read {
  readonly via: Via;
  readonly comment: string;
}

/** Class `via`. Of a list the first value counts. */
export function viaTransformations(): readonly TransformationDefinition[] {
  return [
    part("name", ({ via }) => via.text.slice(0, via.text.indexOf("/")).trim()),
    part("version", ({ via }) => via.text.split("/", 2)[1]?.trim()),
    part("transport", ({ via }) => via.transport),
    part("host", ({ via }) => bracketed(via.host)),
    part("domain", ({ via }) => bracketed(via.host)),
    part("port", ({ via }) => (via.port === 0 ? undefined : via.port)),
    part("params", ({ via }) => paramText(via)),
    part("comment", ({ comment }) => comment),
    part("branch", ({ via }) => via.branch),
    part("received", ({ via }) => via.received),
    part("rport", ({ via }) => via.param("rport")),
    withParameters("via", "param", 1, 1, (given) => {
      const name = given.text(0);
      return (text, run) => read(text, run)?.via.param(name(run).trim()) ?? null;
    }),
  ];
}

function part(name: string, get: (read: Read) => string | number | undefined): TransformationDefinition {
  return simple("via", name, (text, run): Value => {
    const found = read(text, run);
    const value = found === undefined ? undefined : get(found);
    return value === undefined || value === "" ? null : value;
  });
}

function read(text: string, run: Run): Read | undefined {
  const trimmed = text.trim();
  const open = trimmed.endsWith(")") ? trimmed.lastIndexOf("(") : -1;
  const via = parseVia(open < 0 ? trimmed : trimmed.slice(0, open));
  if (via.ok) return { via: via.value, comment: open < 0 ? "" : trimmed.slice(open + 1, -1) };
  nothing(run, "via", `invalid via <${text}>`);
  return undefined;
}

function paramText(via: Via): string {
  const { text, sentBy } = via;
  const semicolon = text.indexOf(";", text.indexOf(sentBy) + sentBy.length);
  return semicolon < 0 ? "" : text.slice(semicolon + 1).trim();
}

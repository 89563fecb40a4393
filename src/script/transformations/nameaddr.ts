// {nameaddr.…}: display name, URI and parameters of an address as From and Contact have it.
import { type NameAddr, parseNameAddr, splitList } from "../../sip/index.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { displayOf } from "../variables/parties.ts";
import { nothing, simple, type TransformationDefinition, withParameters } from "./definition.ts";

/** Class `nameaddr`. Of a list the first address counts. */
export function nameAddrTransformations(): readonly TransformationDefinition[] {
  return [
    part("name", displayOf),
    part("uri", (address) => address.uri),
    part("len", (address) => addressEnd(address)),
    part("params", paramText),
    withParameters("nameaddr", "param", 1, 1, (given) => {
      const name = given.text(0);
      return (text, run) => read(text, run)?.param(name(run).trim()) ?? null;
    }),
  ];
}

function part(name: string, get: (address: NameAddr) => Value): TransformationDefinition {
  return simple("nameaddr", name, (text, run) => {
    const address = read(text, run);
    return address === undefined ? null : get(address);
  });
}

function read(text: string, run: Run): NameAddr | undefined {
  const whole = parseNameAddr(text);
  if (whole.ok) return whole.value;
  const first = parseNameAddr(splitList(text)[0] ?? "");
  if (first.ok) return first.value;
  nothing(run, "nameaddr", `invalid name-addr <${text}>`);
  return undefined;
}

// Where the address ends and its parameters begin. A quoted display name may hold the same URI.
function addressEnd(address: NameAddr): number {
  const { text, uri } = address;
  const display = displayOf(address);
  const from = typeof display === "string" ? display.length : 0;
  const open = text.indexOf(`<${uri}>`, from);
  return open < 0 ? uri.length : open + uri.length + 2;
}

function paramText(address: NameAddr): Value {
  const rest = address.text.slice(addressEnd(address)).trim();
  const params = rest.startsWith(";") ? rest.slice(1).trim() : rest;
  return params === "" ? null : params;
}

// {uri.…}: the parts of a URI.
import { bracketed, parseUri, type SipUri } from "../../sip/index.ts";
import type { Run } from "../run.ts";
import type { Value } from "../values.ts";
import { nothing, simple, type TransformationDefinition, withParameters } from "./definition.ts";

/** Class `uri`. What is not there is NULL, and so is everything of a text that is no URI. */
export function uriTransformations(): readonly TransformationDefinition[] {
  return [
    part("user", (uri) => uri.user),
    part("host", hostOf),
    part("domain", hostOf),
    part("passwd", (uri) => uri.password),
    part("password", (uri) => uri.password),
    part("port", (uri) => (uri.port === 0 ? undefined : uri.port)),
    part("params", (uri) => uri.paramText.slice(1)),
    withParameters("uri", "param", 1, 1, (given) => {
      const name = given.text(0);
      return (text, run) => read(text, run)?.param(name(run).trim()) ?? null;
    }),
    part("headers", (uri) => uri.headers),
    part("schema", (uri) => uri.scheme),
    ...["transport", "ttl", "maddr", "method", "lr", "r2"].map((name) => part(name, (uri) => uri.param(name))),
    part("uparam", (uri) => uri.param("user")),
  ];
}

function hostOf(uri: SipUri): string {
  return bracketed(uri.host);
}

function part(name: string, get: (uri: SipUri) => string | number | undefined): TransformationDefinition {
  return simple("uri", name, (text, run): Value => {
    const uri = read(text, run);
    const value = uri === undefined ? undefined : get(uri);
    return value === undefined || value === "" ? null : value;
  });
}

function read(text: string, run: Run): SipUri | undefined {
  const uri = parseUri(text.trim());
  if (uri.ok) return uri.value;
  nothing(run, "uri", `invalid uri <${text}>`);
  return undefined;
}

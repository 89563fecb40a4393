// $rb: the body, or its parts by their type (RFC 2046 section 5.1).
import { bodyParts, mimeOf, type SipMessage } from "../../sip/index.ts";
import type { Accessor, BoundVariable, VariableDefinition } from "../module.ts";
import type { Value } from "../values.ts";
import { inContext } from "./context.ts";
import { filled, indexed } from "./define.ts";

/** `$rb`, `$rb(application/sdp)`, `$(rb(application/sdp)[1])`. */
export function bodyVariable(): VariableDefinition {
  return { name: "rb", inner: "optional", isWritable: false, bind: bindBody };
}

function bindBody(reference: BoundVariable): Accessor {
  const { inner, index } = reference;
  if (inner === undefined && index === undefined) return inContext(reference, { read: (run) => filled(run.message.body) });
  return indexed(reference, (run) => partsOf(run.message, typeof inner === "function" ? inner(run) : inner));
}

// A body that is not multipart counts as one part.
function partsOf(message: SipMessage, type: string | undefined): readonly Value[] {
  const parts = bodyParts(message.contentType, message.body);
  if (type === undefined || type === "") return parts.map((part) => part.body);
  const wanted = mimeOf(type);
  return parts.filter((part) => mimeOf(part.contentType) === wanted).map((part) => part.body);
}

// {csv.…}: comma-separated fields (RFC 4180). Blanks belong to the fields; a field is quoted only if the quote is its first byte.
import { nothing, simple, type TransformationDefinition, withParameters } from "./definition.ts";

/** Class `csv`. */
export function csvTransformations(): readonly TransformationDefinition[] {
  return [
    simple("csv", "count", (text) => fieldsOf(text).length),
    withParameters("csv", "value", 1, 1, (given) => {
      const index = given.int(0);
      return (text, run) => {
        const at = index(run);
        return (at === undefined ? undefined : fieldsOf(text).at(at)) ?? nothing(run, "csv", "csv.value: no such field");
      };
    }),
  ];
}

/** The fields in order, quotes taken off. */
export function fieldsOf(text: string): readonly string[] {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = "";
    if (text.charCodeAt(at) === 34) {
      let quote = text.indexOf('"', ++at);
      // two quotes in a quoted field are one
      while (quote >= 0 && text.charCodeAt(quote + 1) === 34) {
        field += text.slice(at, quote + 1);
        at = quote + 2;
        quote = text.indexOf('"', at);
      }
      const end = quote < 0 ? text.length : quote;
      field += text.slice(at, end);
      at = quote < 0 ? end : end + 1;
    }
    const comma = text.indexOf(",", at);
    const end = comma < 0 ? text.length : comma;
    fields.push(field + text.slice(at, end));
    if (comma < 0) return fields;
    at = comma + 1;
  }
}

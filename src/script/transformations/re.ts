// {re.subst,/pattern/replacement/flags}.
import { nothing, type TransformationDefinition, withParameters } from "./definition.ts";
import { parseSubstitution, substitute } from "./substitution.ts";

/** Class `re`. Without a match the text stays as it is. */
export function reTransformations(): readonly TransformationDefinition[] {
  return [
    withParameters("re", "subst", 1, 1, (given) => {
      const literal = given.literal(0);
      if (literal !== undefined) {
        const fixed = parseSubstitution(literal);
        if (typeof fixed === "string") {
          given.site.fault(-1, `bad substitution <${literal}>: ${fixed}`, "write /pattern/replacement/flags");
          return undefined;
        }
        return (text) => substitute(text, fixed) ?? text;
      }
      const expression = given.text(0);
      let known = "";
      let last = parseSubstitution("///");
      return (text, run) => {
        const written = expression(run);
        // with the same variables it is the same expression: mostly it is
        if (written !== known) {
          known = written;
          last = parseSubstitution(written);
        }
        if (typeof last === "string") return nothing(run, "re", `bad substitution <${written}>: ${last}`);
        return substitute(text, last) ?? text;
      };
    }),
  ];
}

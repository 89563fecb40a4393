// The text form of variables and memberships in the columns `vars` and `profiles` (dialog-behaviour 12.3): `name#value|` until version 11,
// `name#T#value|` with the type T from version 12 on; `\` stands before `\`, `#` and `|` of names and values.

/** One variable, or one membership with the profile for its name. */
export interface Item {
  readonly name: string;
  readonly value: string;
  readonly isInteger: boolean;
}

/** Whether items carry their type. Readers tell by themselves. */
export type ItemForm = "plain" | "typed";

const BACKSLASH = 0x5c;
const HASH = 0x23;
const BAR = 0x7c;
const TEXT_TYPE = "1";
const INTEGER_TYPE = "2";

/** One item, ready to be joined with others. */
export function writeItem(name: string, value: string, isInteger: boolean, form: ItemForm): string {
  const type = form === "plain" ? "" : `${isInteger ? INTEGER_TYPE : TEXT_TYPE}#`;
  return `${escaped(name)}#${type}${escaped(value)}|`;
}

/**
 * Reads a column, either form.
 * @returns the items in their order; one without `#`, and what follows the last `|`, is dropped as in the reference
 */
export function readItems(text: string): readonly Item[] {
  const items: Item[] = [];
  let parts: string[] = [];
  let part = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      // what follows stands for itself, whatever it is
      part += text.slice(from, at);
      from = ++at;
    } else if (code === HASH || code === BAR) {
      parts.push(part + text.slice(from, at));
      part = "";
      from = at + 1;
      if (code === HASH) continue;
      const item = itemOf(parts);
      if (item !== undefined) items.push(item);
      parts = [];
    }
  }
  return items;
}

function itemOf(parts: readonly string[]): Item | undefined {
  const [name = "", second] = parts;
  if (second === undefined) return undefined;
  const isTyped = parts.length > 2 && (second === TEXT_TYPE || second === INTEGER_TYPE);
  return { name, value: parts.slice(isTyped ? 2 : 1).join("#"), isInteger: isTyped && second === INTEGER_TYPE };
}

function escaped(text: string): string {
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== BACKSLASH && code !== HASH && code !== BAR) continue;
    out += `${text.slice(from, at)}\\`;
    from = at;
  }
  return out === "" ? text : out + text.slice(from);
}

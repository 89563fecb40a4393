// Declared fields of records: `"log:tag->name; tag2"` (side-modules 2.7). The tag is the script's word, the name what is written.
import { bad, good, type Parsed } from "../kit/index.ts";
import { parseTypes, type RecordTypes } from "./types.ts";

/** One field of one backend. */
export interface RecordField {
  readonly tag: string;
  readonly name: string;
}

/** The fields of the backends, in the order of their declaration. */
export class RecordFields {
  readonly #byType = new Map<RecordTypes, RecordField[]>();
  readonly #tags = new Set<string>();

  /** Adds a declaration. @returns what is wrong with it, or undefined */
  declare(text: string): string | undefined {
    const parsed = parseFields(text);
    if (!parsed.ok) return parsed.fault;
    const { type, fields } = parsed.value;
    const known = this.#byType.get(type) ?? [];
    for (const field of fields) {
      known.push(field);
      this.#tags.add(field.tag);
    }
    this.#byType.set(type, known);
    return undefined;
  }

  of(type: RecordTypes): readonly RecordField[] {
    return this.#byType.get(type) ?? [];
  }

  /** Whether some backend writes this tag. */
  has(tag: string): boolean {
    return this.#tags.has(tag);
  }

  tags(): readonly string[] {
    return [...this.#tags];
  }
}

function parseFields(text: string): Parsed<{ readonly type: RecordTypes; readonly fields: readonly RecordField[] }> {
  const colon = text.indexOf(":");
  if (colon < 0) return bad("the backend is missing: write it as log:tag1;tag2->name");
  const type = parseTypes(text.slice(0, colon));
  if (typeof type === "string") return bad(`unknown backend <${type}>`);
  const fields: RecordField[] = [];
  for (const part of text.slice(colon + 1).split(";")) {
    const [tag = "", name, ...rest] = part.split("->").map((word) => word.trim());
    if (tag === "" && name === undefined) continue;
    if (tag === "" || name === "" || rest.length > 0) return bad(`bad field <${part.trim()}>`);
    fields.push({ tag, name: name ?? tag });
  }
  return fields.length === 0 ? bad("no field is named") : good({ type, fields });
}

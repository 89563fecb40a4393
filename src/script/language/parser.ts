// From files to a tree.
import type { Problem, ScriptTree } from "./ast.ts";
import { parseFile } from "./file.ts";
import { type FileReader, readSource } from "./source.ts";

/**
 * Reads a script and all it includes. Never throws; takes time in proportion to the text.
 * @returns the tree of what could be read, and every problem found (at most 100 errors). Functions, variables and settings are not
 * known here: that a name means something is the compiler's to check.
 */
export function parseScript(reader: FileReader, main: string): { readonly tree: ScriptTree; readonly problems: readonly Problem[] } {
  const { source, problems } = readSource(reader, main);
  const { tree, cursor } = parseFile(source);
  return { tree, problems: [...problems, ...cursor.problems].slice(0, 200) };
}

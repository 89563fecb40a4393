// AVPs named in modparams.

/** The name in `$avp(name)`, of the kind without variables inside; undefined for anything else. */
export function avpName(text: string): string | undefined {
  const trimmed = text.trim();
  if (!trimmed.startsWith("$avp(") || !trimmed.endsWith(")")) return undefined;
  const name = trimmed.slice(5, -1).trim();
  return name === "" || name.includes("$") || name.includes("(") ? undefined : name;
}

// Settings as text: `frTimeout` is DIALOOM_FR_TIMEOUT in the environment and `--set frTimeout=5s` on the command line.
import { type SettingInfo, settingInfos } from "../server/index.ts";

/** Options as written; the schema says whether they are right. */
export type RawOptions = Readonly<Record<string, unknown>>;

const INFOS: ReadonlyMap<string, SettingInfo> = new Map(settingInfos.map((info) => [info.name, info]));
const NAMES: ReadonlyMap<string, string> = new Map(settingInfos.map(({ name }) => [variableOf(name), name]));

/** The environment variable of a setting. */
export function variableOf(name: string): string {
  let out = "DIALOOM_";
  for (const character of name) out += character >= "A" && character <= "Z" ? `_${character}` : character.toUpperCase();
  return out;
}

/** The setting that an environment variable stands for; undefined when it stands for none. */
export function settingOf(variable: string): string | undefined {
  return NAMES.get(variable);
}

/**
 * Reads the text as whatever the setting takes: a number, yes or no, a comma-separated list, names (`callid=call_id,state=now`), or the
 * text itself.
 * @returns the text itself when nothing fits, so that the schema explains what is wrong with it
 */
export function parseSetting(name: string, text: string): unknown {
  const type = INFOS.get(name)?.type;
  if (type === undefined) return text;
  for (const candidate of readings(text)) if (type.safeParse(candidate).success) return candidate;
  // what is wrong is best explained of what was meant: a list item by item, a number by its range
  if (type.safeParse([]).success || name === "listen") return listOf(text);
  if (type.safeParse({}).success) return namesOf(text);
  const [meant] = readings(text);
  return meant;
}

function* readings(text: string): Generator<unknown, void, undefined> {
  const word = text.trim().toLowerCase();
  if (["yes", "on", "true"].includes(word)) yield true;
  if (["no", "off", "false"].includes(word)) yield false;
  if (word !== "" && Number.isFinite(Number(word))) yield Number(word);
  yield text;
  yield listOf(text);
  if (text.includes("=")) yield namesOf(text);
}

/** `callid=call_id,state=now`: one name for another. */
function namesOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    listOf(text).map((item) => {
      const at = item.indexOf("=");
      return at < 0 ? [item, ""] : [item.slice(0, at).trim(), item.slice(at + 1).trim()];
    }),
  );
}

function listOf(text: string): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  return items.filter((item) => item !== "");
}

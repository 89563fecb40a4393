// What no one may read out of a kept message: answers to a challenge, passwords in URIs, keys of media. Only what is shown is gone through,
// never what passes.

const HIDDEN = "***";
/** Headers whose value proves something to somebody. */
const CREDENTIALS = /^(?:proxy-)?authorization$/i;
/** `rspauth` answers a challenge the other way round. */
const INFOS = /^(?:proxy-)?authentication-info$/i;
const LONGEST_NAME = 64;
const ANSWER = /\b(response|rspauth)(\s{0,64}=\s{0,64})(?:"[^"]*"?|[^",\s]+)/gi;
const PASSWORD = /\b(sips?:[^\s:@<>;"]{1,128}):[^\s@<>;"]{1,128}@/gi;
const MEDIA_KEY = /\binline:[A-Za-z0-9+/=]+/g;
const SDP_KEY = /^(k=(?:clear|base64|uri):).+$/gm;

/** A line, or any other text that is no whole message. */
export function withoutPasswords(text: string): string {
  return text.replace(PASSWORD, `$1:${HIDDEN}@`);
}

/**
 * A message as it may be shown: credentials, passwords in URIs and keys in session descriptions replaced by `***`.
 * @param text - a message, or its beginning
 */
export function withoutSecrets(text: string): string {
  // a folded line belongs to the one before it; bodies may quote headers
  const lines = text.split(/(\r\n|\r(?!\n)|\n)(?![ \t])/);
  for (let i = 0; i < lines.length; i += 2) lines[i] = withoutCredentials(lines[i] ?? "");
  return withoutPasswords(lines.join("")).replace(MEDIA_KEY, `inline:${HIDDEN}`).replace(SDP_KEY, `$1${HIDDEN}`);
}

function withoutCredentials(line: string): string {
  const colon = line.indexOf(":");
  if (colon < 1 || colon > LONGEST_NAME) return line;
  const name = line.slice(0, colon).trim();
  const isInfo = INFOS.test(name);
  if (!isInfo && !CREDENTIALS.test(name)) return line;
  const value = line.slice(colon + 1).trimStart();
  // any scheme but Digest may send the secret itself
  if (!isInfo && !/^digest\s/i.test(value)) return `${line.slice(0, colon)}: ${value.split(/\s/, 1)[0] ?? ""} ${HIDDEN}`;
  return line.replace(ANSWER, `$1$2"${HIDDEN}"`);
}

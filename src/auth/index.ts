export { ALGORITHMS, type Algorithm, algorithmOf, parseAlgorithms } from "./algorithm.ts";
export { type AuthChoice, type AuthResult, type AuthSettings, CallerAuth, type CallerAuthDeps } from "./caller-auth.ts";
export { type Challenge, parseChallenge } from "./challenge.ts";
export { type Credential, credentialFor, parseCredential } from "./credentials.ts";
export { authorisation, type Protected } from "./digest.ts";
export type { PartyName } from "./party-hook.ts";
export {
  PartyReplacer,
  REPLACER_DEFAULTS,
  type ReplaceProblem,
  type ReplacerSettings,
  type ReplaceWhere,
  type RestoreMode,
} from "./party-replacer.ts";

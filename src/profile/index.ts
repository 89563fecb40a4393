export { ProfileCheck } from "./check.ts";
export { type ProfileName, parseProfileList, parseProfileName } from "./definitions.ts";
export { Link, type LinkedProfile, type Member } from "./link.ts";
export { Profile, type Sharing, type ValueCount } from "./profile.ts";
export { type ProfileBackends, type ProfileOptions, Profiles } from "./profiles.ts";

// A dialog's memberships in profiles: taken, given up, and taken again when a call comes back (11.2, 2.4).
import type { Profile } from "../profile/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog, LostLink } from "./dialog.ts";
import { Change } from "./feed.ts";
import { oneByteEach } from "./history.ts";

/**
 * Adds one membership; look at the limit and act are one step.
 * @param max - most links the value may have
 * @returns false when the limit is reached, the call is over or in too many profiles, or a value is wanted and not given
 */
export function join(core: DialogCore, dialog: Dialog, profile: Profile<Dialog>, value: string, max: number): boolean {
  if (dialog.isEnded || (profile.hasValue && value === "")) return false;
  if (linkCount(dialog) >= core.settings.maxValues) {
    core.statistics.refusedValues.add();
    return false;
  }
  const link = profile.tryLink(dialog, value, max, dialog.sharingTag);
  if (link === undefined) {
    const name = value === "" ? profile.fullName : `${profile.fullName}=${value}`;
    core.history.note(dialog, "joinRefused", `${oneByteEach(name)}: ${max} are in already`);
    return false;
  }
  core.feed.publish(new Change("joined", dialog, undefined, undefined, profile.fullName, link.value, -1, link));
  return true;
}

/** Takes the newest fitting membership away. @returns whether there was one */
export function leave(core: DialogCore, dialog: Dialog, profile: Profile<Dialog>, value: string | undefined): boolean {
  const link = profile.linkOf(dialog, value);
  if (link === undefined) return false;
  const held = link.value;
  profile.unlink(link);
  core.feed.publish(new Change("left", dialog, undefined, undefined, profile.fullName, held));
  return true;
}

/** The call is over: it leaves every profile. One that was never answered remembers them, for it may still come back. */
export function leaveAll(core: DialogCore, dialog: Dialog): void {
  let lost: LostLink[] | undefined;
  for (let link = dialog.firstLink; link !== undefined; link = dialog.firstLink) {
    const { profile, tag, value } = link;
    profile.unlink(link);
    core.feed.publish(new Change("left", dialog, undefined, undefined, profile.fullName, value));
    if (dialog.life.winner > 0) continue;
    lost ??= [];
    lost.push({ profile: profile.fullName, value, tag });
  }
  dialog.lostLinks = lost;
}

/** The call came back: it is in its profiles again, limits or not, for it is there. */
export function rejoinAll(core: DialogCore, dialog: Dialog): void {
  const lost = dialog.lostLinks ?? [];
  dialog.lostLinks = undefined;
  for (const { profile: name, value, tag } of lost.toReversed()) {
    const profile = core.deps.profiles.get(name);
    if (profile === undefined) continue;
    const link = profile.link(dialog, value, tag);
    core.feed.publish(new Change("joined", dialog, undefined, undefined, profile.fullName, link.value, -1, link));
  }
}

function linkCount(dialog: Dialog): number {
  let count = 0;
  for (let link = dialog.firstLink; link !== undefined; link = link.older) count++;
  return count;
}

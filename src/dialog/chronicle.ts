// What the change feed tells, written into the history of the call: what a route or a command has set, and its end.
import type { Feed } from "../kit/index.ts";
import type { Change } from "./feed.ts";
import { type History, oneByteEach } from "./history.ts";
import { optionNames } from "./options.ts";

/** Steps of the machine are written where they are made, and which numbers requests had is in the messages. */
export function keepChronicle(feed: Feed<Change>, history: History): void {
  feed.subscribe((change) => {
    const { kind, dialog } = change;
    switch (kind) {
      case "value":
      case "joined":
      case "left":
        history.note(dialog, kind, named(change));
        break;
      case "lifetime":
        history.note(dialog, kind, `${dialog.lifetimeMs / 1000} s`);
        break;
      case "options":
        history.note(dialog, kind, optionNames(dialog.options).join(" "));
        break;
      case "flags":
        history.note(dialog, kind, `${dialog.flags} ${dialog.moduleFlags}`);
        break;
      case "routes":
        history.note(dialog, kind, routesText(change));
        break;
      case "tag":
        history.note(dialog, kind, dialog.sharingTag ?? "");
        break;
      case "destroyed":
        history.close(dialog);
        break;
      default:
        break;
    }
  });
}

/** `name=value`; the name alone where there is no value, or none any more. */
function named({ kind, name, value }: Change): string {
  if (value === undefined || (value === "" && kind !== "value")) return oneByteEach(name);
  return oneByteEach(`${name}=${value}`);
}

function routesText({ dialog }: Change): string {
  const { answer = "", timeout = "", hangup = "" } = dialog.routes ?? {};
  return `answer=${answer} timeout=${timeout} hangup=${hangup}`;
}

// A call counted by its caller and in all, with a value of its own.
import type { App } from "dialoom";

export const profiles: readonly string[] = ["caller"];

export function routes(app: App): void {
  const caller = app.profile("caller");
  app.invite((call) => {
    const user = call.from.uri.user ?? "anonymous";
    const dialog = call.track({ lifetime: "1h" });
    dialog.link(caller, user);
    dialog.set("account", `prepaid|${user}`);
    return call.relay();
  });
}

// Stands in for "dialoom" while the tests run the example programs: the same door, but nothing is bound. What a program made is kept here.
import { type App, type DialoomOptions, dialoom as make } from "../src/index.ts";

/** The apps made since the last look, in order. */
export const apps: App[] = [];

/** As `dialoom`, with a silent log and a `listen()` that binds nothing, so that messages can be injected. */
export function dialoom(options: DialoomOptions = {}): App {
  const app = make({ ...options, mi: false, logLevel: "silent" });
  app.listen = () => Promise.resolve([]);
  apps.push(app);
  return app;
}

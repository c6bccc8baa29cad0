/** A server of the Model Context Protocol on standard input and output, whose tools are the questions about runs. */
import { Console } from 'node:console';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { errorText } from '../errors.js';
import { ask, QUERIES } from '../query/index.js';
import { Confirmations, type Control } from './controls.js';

export interface McpOptions {
  /** Folder of the runs. */
  root: string;
  version: string;
  /** What may be done to runs, by the name of the tool; empty where agents only read. */
  controls: Readonly<Record<string, Control>>;
}

const instructions =
  'Runs of reinforcement learning of language models, read from their folders. Begin with "runs", which gives ids, then "findings" of a run. A run is named by its id or any part of it that no other has. Answers are small: "left_out" says how much is not in them and "more" how to get it. "at" is file:line in the folder of the run.';

/** Until the client closes standard input. Standard output carries the protocol alone. */
export async function serve(options: McpOptions): Promise<void> {
  // Libraries may print; a line that is no message would end the connection.
  globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });
  const server = new Server(
    { name: 'g2rl', title: 'G2RL Lab', version: options.version },
    { capabilities: { tools: {} }, instructions },
  );
  const tools = [
    ...Object.entries(QUERIES).map(queryTool),
    ...Object.entries(options.controls).map(controlTool),
  ];
  const confirmations = new Confirmations();
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: given = {} } }) => {
    try {
      const control = Object.hasOwn(options.controls, name) ? options.controls[name] : undefined;
      return answered(
        control
          ? await confirmations.carryOut(name, control, given, (question) => askPerson(server, question))
          : await ask(name, given, { root: options.root }),
      );
    } catch (error) {
      return { ...text(errorText(error)), isError: true };
    }
  });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  server.onerror = (error) => process.stderr.write(`${errorText(error)}\n`);
  process.stdin.once('end', () => void server.close());
  await server.connect(new StdioServerTransport());
  await closed;
}

const text = (content: string): CallToolResult => ({ content: [{ type: 'text', text: content }] });
const answered = (answer: Record<string, unknown>) => text(JSON.stringify(answer));

function inputOf(shape: z.ZodObject): Tool['inputSchema'] {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input' });
  return { ...schema, type: 'object' } as Tool['inputSchema'];
}

const queryTool = ([name, { about, arguments: shape }]: [string, (typeof QUERIES)[string]]): Tool => ({
  name,
  description: about,
  inputSchema: inputOf(shape),
  annotations: { readOnlyHint: true, openWorldHint: false },
});

const confirmShape = {
  confirm: z
    .string()
    .optional()
    .describe('The token of a first call with the same arguments, once a person agreed'),
};

const controlTool = ([name, { about, arguments: shape }]: [string, Control]): Tool => ({
  name,
  description: about,
  inputSchema: inputOf(shape.extend(confirmShape)),
  annotations: { readOnlyHint: false, destructiveHint: name === 'stop_run', openWorldHint: false },
});

/** Null where the client cannot ask. What is not a plain yes is a no. */
function askPerson(server: Server, question: string): Promise<boolean> | null {
  if (server.getClientCapabilities()?.elicitation === undefined) return null;
  return server
    .elicitInput({
      message: question,
      requestedSchema: {
        type: 'object',
        properties: { confirm: { type: 'boolean', title: 'Do it', default: false } },
        required: ['confirm'],
      },
    })
    .then(({ action, content }) => action === 'accept' && content?.confirm === true);
}

/** `g2rl query`: a command for each question about runs, made from the arguments that the question takes. */
import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { ask, QUERIES, type Query } from '../query/index.js';
import { finish } from './boundary.js';
import { runsDirectory } from './context.js';
import { answerText } from './query-text.js';

/** What is read of the JSON Schema of an argument. */
const propertySchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().default(''),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
});
type Property = z.infer<typeof propertySchema>;

/** @param words what follows `g2rl query` */
export async function query(words: readonly string[]): Promise<void> {
  const program = new Command('g2rl query')
    .description('Ask the runs. Answers are small and say what was left out.')
    .showSuggestionAfterError();
  for (const [name, one] of Object.entries(QUERIES)) program.addCommand(commandOf(name, one));
  await program.parseAsync(words, { from: 'user' });
}

function commandOf(name: string, { about, arguments: shape }: Query): Command {
  const command = new Command(name).description(about);
  const { properties = {}, required = [] } = z.toJSONSchema(shape, { io: 'input' });
  const all = Object.entries(properties).map(([key, value]): [string, Property] => [
    key,
    propertySchema.parse(value),
  ]);
  const positional = all.filter(([key]) => required.includes(key));
  for (const [key, property] of positional) {
    const list = property.type === 'array' ? '...' : '';
    command.addArgument(new Argument(`<${key}${list}>`, property.description));
  }
  for (const [key, property] of all) if (!required.includes(key)) command.addOption(optionOf(key, property));
  command.option('--runs <folder>', 'folder of the runs (default: .g2rl/runs)');
  command.option('--json', 'print one JSON object for machines');
  return command.action(async (...given: unknown[]) => {
    const places = given.slice(0, positional.length);
    const { runs, json, ...options } = command.opts<
      Record<string, unknown> & { runs?: string; json?: boolean }
    >();
    const values = new Map<string, unknown>(positional.map(([key], place) => [key, places[place]]));
    for (const [key] of all) {
      const value = options[camelCase(key)];
      if (value !== undefined) values.set(key, value);
    }
    const types = new Map(all.map(([key, { type }]) => [key, type]));
    const wanted = Object.fromEntries([...values].map(([key, value]) => [key, typed(value, types.get(key))]));
    await finish(
      ask(name, wanted, { root: runsDirectory(runs) }).then((answer) => {
        process.stdout.write(json ? `${JSON.stringify(answer)}\n` : `${answerText(answer)}\n`);
        return 0;
      }),
    );
  });
}

const dashed = (key: string) => key.replaceAll('_', '-');
const camelCase = (key: string) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function optionOf(key: string, { type, description, enum: choices, default: usual }: Property): Option {
  const value =
    type === 'boolean' ? '' : type === 'array' ? ' <name...>' : type === 'string' ? ' <text>' : ' <n>';
  const shown = usual === undefined || usual === '' || usual === false ? '' : ` (default: ${String(usual)})`;
  const option = new Option(`--${dashed(key)}${value}`, `${description}${shown}`.trim());
  return choices ? option.choices(choices) : option;
}

/** What was typed as what the argument is; anything that is not is left for the question to refuse. */
function typed(value: unknown, type: string | undefined): unknown {
  if ((type !== 'number' && type !== 'integer') || typeof value !== 'string') return value;
  return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
}

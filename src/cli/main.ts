import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { ProtocolError } from '../errors.ts';
import { benchCommand } from './commands/bench.ts';
import { demoCommand } from './commands/demo.ts';
import { keygenCommand } from './commands/keygen.ts';
import { paramsCommand } from './commands/params.ts';
import { planCommand } from './commands/plan.ts';
import { psiCommand } from './commands/psi.ts';
import { explained, Failure, printError, processTerminal, type Terminal, UsageError } from './terminal.ts';

/** Exit codes: 0 done, 1 failed, 2 wrong command line, 130 interrupted. */
const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

/**
 * The `subrosa` command.
 * @param argv without the interpreter and the script
 * @param terminal this process's own by default
 * @returns the exit code; does not end the process
 */
export async function run(argv: readonly string[], terminal?: Terminal): Promise<number> {
  if (terminal !== undefined) return execute(argv, terminal);
  const own = processTerminal();
  try {
    return await execute(argv, own.terminal);
  } finally {
    own.release();
  }
}

async function execute(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    if (terminal.signal.aborted) {
      printError(terminal, 'interrupted');
      return INTERRUPTED;
    }
    return report(explained(error), terminal);
  }
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0; // --help and --version have printed what was asked for
    if (error.code === 'commander.help') return USAGE; // no command: the help was printed to stderr
    const [found, ...rest] = error.message.replace(/^error: /, '').split('\n');
    printError(terminal, found!, rest[0]?.replace(/^\((.*)\)$/, '$1') ?? 'subrosa --help lists commands and options');
    return USAGE;
  }
  if (error instanceof UsageError || error instanceof Failure) {
    printError(terminal, error.message, error.hint);
    return error instanceof UsageError ? USAGE : FAILED;
  }
  if (error instanceof ProtocolError) printError(terminal, `${error.code}: ${error.message}`);
  else printError(terminal, error instanceof Error ? error.message : String(error));
  if (process.env.SUBROSA_DEBUG && error instanceof Error) terminal.stderr.write(`${error.stack}\n`);
  return FAILED;
}

function program(terminal: Terminal): Command {
  const root = new Command('subrosa')
    .description('Secure computation: parties compute one result from data they may not show each other.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addCommand(demoCommand(terminal))
    .addCommand(benchCommand(terminal, version()))
    .addCommand(keygenCommand(terminal))
    .addCommand(paramsCommand(terminal))
    .addCommand(planCommand(terminal))
    .addCommand(psiCommand(terminal, version()));
  for (const command of everyCommand(root)) {
    command.exitOverride().helpCommand(false).showHelpAfterError(false);
    command.configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: () => {}, // report() prints errors in our own words
      getOutHelpWidth: () => Math.min(terminal.stdout.columns ?? 100, 100),
      getErrHelpWidth: () => Math.min(terminal.stderr.columns ?? 100, 100),
    });
  }
  return root;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function version(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

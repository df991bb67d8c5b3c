/** Where a command writes. Tests hand in their own. */
export interface Output {
  write(text: string): unknown;
  /** A person watches: a line may be rewritten. */
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, when known. */
  readonly columns?: number | undefined;
}

/**
 * The two streams of a command and the wish to stop it.
 *
 * stdout carries data only (a table or JSON), so that it can be piped; progress, errors and hints go to stderr.
 */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Fires on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The command ran and found that the answer is no: exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export function printError(terminal: Terminal, message: string, hint?: string): void {
  terminal.stderr.write(`subrosa: error: ${message}\n`);
  if (hint !== undefined) terminal.stderr.write(`subrosa: hint: ${hint}\n`);
}

/**
 * The terminal of this process.
 *
 * Ctrl-C asks the command to stop; a second one ends the process at once. A reader that goes away (`| head`) is no error: what is written
 * afterwards is lost.
 */
export function processTerminal(): { readonly terminal: Terminal; readonly release: () => void } {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  const onPipe = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  };
  process.once('SIGINT', onInterrupt);
  process.stdout.on('error', onPipe);
  process.stderr.on('error', onPipe);
  return {
    terminal: { stdout: process.stdout, stderr: process.stderr, signal: interrupt.signal },
    // The pipe listeners stay: a write may fail after the command has ended.
    release: () => process.removeListener('SIGINT', onInterrupt),
  };
}

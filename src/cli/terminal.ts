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
  /** Fires on Ctrl-C, and when the system asks the process to end. */
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

/** An error as its reader should see it: a full disk says so, whoever noticed it first. */
export function explained(error: unknown): unknown {
  const full = error instanceof Error && /ENOSPC|no space left on device/i.test(error.message);
  if (!full || error instanceof Failure) return error;
  return new Failure('no space left on the device', 'temporary files go to TMPDIR, results to --out');
}

/** Names of files, columns and peers come from anywhere: what steers a terminal is shown as its code instead. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

export function printError(terminal: Terminal, message: string, hint?: string): void {
  terminal.stderr.write(`subrosa: error: ${visible(message)}\n`);
  if (hint !== undefined) terminal.stderr.write(`subrosa: hint: ${hint}\n`);
}

/** Ctrl-C, `kill` (or a supervisor), and a terminal that was closed. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The terminal of this process.
 *
 * Ctrl-C and its like ask the command to stop, so that it can clean up; a second one ends the process at once. A reader that goes away (`| head`) is no error: what is written
 * afterwards is lost.
 */
export function processTerminal(): { readonly terminal: Terminal; readonly release: () => void } {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  const onPipe = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  };
  for (const name of STOPS) process.once(name, onInterrupt);
  process.stdout.on('error', onPipe);
  process.stderr.on('error', onPipe);
  return {
    terminal: { stdout: process.stdout, stderr: process.stderr, signal: interrupt.signal },
    // The pipe listeners stay: a write may fail after the command has ended.
    release: () => {
      for (const name of STOPS) process.removeListener(name, onInterrupt);
    },
  };
}

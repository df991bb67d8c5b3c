import type { Terminal } from './terminal.ts';

/** Tells how far a command is, on stderr. */
export interface Progress {
  /**
   * @param event what happened, as a flat record for programs
   * @param line the same for people
   * @param done share of the work that is done, 0 .. 1
   */
  report(event: Readonly<Record<string, unknown>>, line: string, done: number): void;
  /** Clears the line; harmless when there is none. */
  end(): void;
}

const BAR = 24;

/**
 * One line that is rewritten when a person watches stderr, JSON lines when a program reads it.
 * @param quiet no JSON lines (the result itself will be JSON)
 */
export function progress(terminal: Terminal, quiet: boolean): Progress {
  const { stderr } = terminal;
  if (stderr.isTTY) {
    let shown = false;
    return {
      report(_event, line, done) {
        const full = Math.round(BAR * done);
        const text = `${'━'.repeat(full)}${'╌'.repeat(BAR - full)} ${line}`;
        shown = true;
        // Never wider than the terminal: a wrapped line cannot be taken back.
        stderr.write(`\r\x1b[2K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      },
      end() {
        if (shown) stderr.write('\r\x1b[2K');
        shown = false;
      },
    };
  }
  return {
    report(event) {
      if (!quiet) stderr.write(`${JSON.stringify(event)}\n`);
    },
    end() {},
  };
}

import { run } from '../../src/cli/main.ts';

/** What a command wrote and how it ended. */
export interface Captured {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in this process and keeps what it writes. */
export async function capture(
  argv: readonly string[],
  {
    isTTY = false,
    columns = 80,
    signal = new AbortController().signal,
  }: { isTTY?: boolean; columns?: number; signal?: AbortSignal } = {},
): Promise<Captured> {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns,
    write(text: string) {
      written[name] += text;
    },
  });
  const code = await run(argv, { stdout: output('stdout'), stderr: output('stderr'), signal });
  return { code, ...written };
}

import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Two sets from files to members, both parties as processes of their own with one thread each, by phase:
 *
 *   npm run bench:psi-large -- [--size 1048576] [--reveal members] [--memory MIB] [--json]
 *
 * Half of the identifiers are in both files. Memory and processor time are those that Linux counts for each process (VmHWM: the most that was ever
 * resident; elsewhere they are left out). `idle` is the share of the run in which the main thread of a process had nothing to do: neither running nor ready.
 */
const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: String(2 ** 20) },
    reveal: { type: 'string', default: 'members' },
    memory: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const size = Number(options.size);
if (!Number.isInteger(size) || size < 2) throw new RangeError('--size is an integer from 2');
const BIN = fileURLToPath(new URL('../bin/subrosa.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'subrosa-bench-'));

async function list(name, first) {
  const path = join(folder, name);
  const file = createWriteStream(path);
  file.write('email,exposures\n');
  for (let i = 0; i < size; ) {
    let text = '';
    for (const end = Math.min(size, i + 10_000); i < end; i++) text += `user${first + i}@example.org,${i % 12}\n`;
    if (!file.write(text)) await new Promise((resolve) => file.once('drain', resolve));
  }
  file.end();
  await finished(file);
  return path;
}

/** @returns undefined where there is no /proc, or no such process any more */
function usage(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // The name of the program is in parentheses and may hold anything; fields count from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return {
      parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]),
      peakMB: Number(((Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) * 1024) / 1e6).toFixed(1)),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      // The main thread, which does the arithmetic: what it neither ran nor was kept from running by other programs, it waited for its peer.
      wanted: readFileSync(`/proc/${pid}/schedstat`, 'utf8')
        .split(' ')
        .slice(0, 2)
        .reduce((sum, ns) => sum + Number(ns) / 1e9, 0),
    };
  } catch {
    return undefined;
  }
}

try {
  const [left, right] = [await list('left.csv', 0), await list('right.csv', size >> 1)];
  const values = options.reveal === 'sum' || options.reveal === 'frequency' ? ['--value', 'exposures'] : [];
  const memory = options.memory === undefined ? [] : ['--memory', options.memory];
  const child = spawn(
    process.execPath,
    [
      ...[BIN, 'psi', 'local', '--left', left, '--left-key', 'email', '--right', right, '--right-key', 'email'],
      ...['--reveal', options.reveal, '--json', ...values, ...memory],
    ],
    { stdio: ['ignore', 'pipe', options.json ? 'ignore' : 'inherit'] },
  );
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  const processes = {};
  const look = setInterval(() => {
    const mine = usage(child.pid);
    if (mine?.peakMB > 0) processes.left = mine;
    for (const name of process.platform === 'linux' ? readdirSync('/proc') : []) {
      const found = /^\d+$/.test(name) ? usage(name) : undefined;
      if (found?.parent === child.pid && found.peakMB > 0) processes.right = found;
    }
  }, 250);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`psi local ended with ${code}`);

  const summary = JSON.parse(stdout);
  const overlap = size - (size >> 1);
  if (summary.count !== overlap) throw new Error(`found ${summary.count}, expected ${overlap}`);
  const bytes = summary.bytesSent + summary.bytesReceived;
  const report = {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.versions.node },
    size,
    reveal: options.reveal,
    seconds: summary.seconds,
    bytesPerElement: Number((bytes / size).toFixed(2)),
    phases: summary.phases.map(({ side, phase, seconds }) => ({
      side,
      phase,
      seconds: Number(seconds.toFixed(2)),
      perSecond: Math.round(size / seconds),
    })),
    processes: Object.fromEntries(
      Object.entries(processes).map(([side, { peakMB, cpuSeconds, wanted }]) => [
        side,
        { peakMB, cpuSeconds, idle: Number(Math.max(0, 1 - wanted / summary.seconds).toFixed(3)) },
      ]),
    ),
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    process.stdout.write(
      `${size} x ${size}, ${options.reveal}: ${report.seconds.toFixed(1)} s, ${report.bytesPerElement} bytes an element on the wire\n`,
    );
    for (const { side, phase, seconds, perSecond } of report.phases) {
      process.stdout.write(
        `${side.padEnd(6)}${phase.padEnd(9)}${String(seconds).padStart(9)} s   ${String(perSecond).padStart(8)} a second\n`,
      );
    }
    for (const [side, { peakMB, cpuSeconds, idle }] of Object.entries(report.processes)) {
      process.stdout.write(
        `${side.padEnd(6)}${peakMB} MB resident at most, ${cpuSeconds} s of processor, ${(100 * idle).toFixed(1)} % idle\n`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

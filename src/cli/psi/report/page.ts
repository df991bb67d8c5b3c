import type { Summary } from '../summary.ts';

/** The report as one page that loads nothing. */
export function reportPage(summary: Summary, files: readonly string[] = []): string {
  void files;
  return `<!doctype html><title>${summary.reveal}</title>`;
}

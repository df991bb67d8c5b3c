import { accessSync, constants } from 'node:fs';

// The browser project starts a chromium that is installed already; say so in one line when there is none.
const path = process.env.CHROMIUM ?? '/usr/bin/chromium';
try {
  accessSync(path, constants.X_OK);
} catch {
  console.error(
    `test:browser: no chromium at ${path}: install it (apt-get install chromium) or set CHROMIUM=/path/to/it`,
  );
  process.exit(1);
}

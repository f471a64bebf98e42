/** One line per event, for machines (`json`) or people (`console`). Nothing is logged per request. */

export type Facts = Readonly<Record<string, unknown>>;

export interface Log {
  info(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}

export function createLog(format: 'json' | 'console', write: (line: string) => void = writeLine): Log {
  const entry = (level: string, event: string, facts: Facts): void => {
    const timestamp = new Date().toISOString();
    if (format === 'json') {
      write(JSON.stringify({ timestamp, level, event, service: 'gateway', ...facts }, replacer));
    } else {
      const told = Object.entries(facts).map(([key, value]) => `${key}=${readable(value)}`);
      write([timestamp, level.padEnd(5), event, ...told].join(' '));
    }
  };
  return {
    info: (event, facts = {}) => entry('info', event, facts),
    error: (event, facts = {}) => entry('error', event, facts),
  };
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

function replacer(_key: string, value: unknown): unknown {
  return value instanceof Error ? readable(value) : value;
}

function readable(value: unknown): string {
  if (!(value instanceof Error)) return typeof value === 'string' ? value : JSON.stringify(value);
  const code = 'code' in value ? ` (${String(value.code)})` : '';
  const cause = value.cause === undefined ? '' : `: ${readable(value.cause)}`;
  return `${value.name}: ${value.message}${code}${cause}`;
}

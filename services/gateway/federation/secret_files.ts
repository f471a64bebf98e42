/** Settings in files that are called like their variables, as Kubernetes mounts a Secret. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PREFIX, SettingsError, type Environment } from './settings.ts';

const DIRECTORY = `${PREFIX}SECRETS_DIR`;

/**
 * The environment, with what the files in the directory say that GATEWAY_SECRETS_DIR names. Files
 * whose names do not begin with GATEWAY_ are others'; white space at both ends does not count.
 *
 * @throws SettingsError no such directory, or a file that is empty, unreadable or said twice
 */
export function withSecretFiles(environment: Environment): Environment {
  const { [DIRECTORY]: directory, ...told } = environment;
  if (!directory) return told;
  const found: Record<string, string> = {};
  for (const name of filesIn(directory)) {
    const file = join(directory, name);
    const variable = name.toUpperCase();
    if (told[variable]) {
      throw new SettingsError(`${file} and the variable ${variable} are both there: remove one`);
    }
    found[variable] = textOf(file);
  }
  return { ...told, ...found };
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.toUpperCase().startsWith(PREFIX)).sort();
  } catch (error) {
    throw new SettingsError(
      `${DIRECTORY} names ${directory}, which cannot be read (${codeOf(error)}):` +
        " mount the Secret there, readable by the process's group",
    );
  }
}

function textOf(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SettingsError(
      `${file} cannot be read (${codeOf(error)}): it must be a file of text, readable by the process's group`,
    );
  }
  if (text === '') throw new SettingsError(`${file} is empty: put the value in, or remove it`);
  return text;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

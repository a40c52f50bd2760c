// The samples in config/ are true: the workflow's commands and options exist, and editors find the schemas that the settings name.
// Owns no state.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { COMMANDS } from '../../src/cli/command_table.ts';
import { suite } from '../kit.ts';

const test = suite('samples for editors and CI');
const ROOT = join(import.meta.dirname, '../..');

interface Workflow {
  readonly jobs: { readonly run?: { readonly strategy: { readonly matrix: { readonly shard: readonly number[] } }; readonly steps: readonly { readonly run?: string; readonly uses?: string }[] } };
}

test('every command of the sample workflow is one of ours, with options that it has', async () => {
  const { jobs } = parse(readFileSync(join(ROOT, 'config/github-workflow.yml'), 'utf8')) as Workflow;
  const { run: job } = jobs;
  if (job === undefined) throw new Error('there is no job');
  const lines = job.steps.flatMap(({ run }) => (run?.includes('rescap') === true ? [run] : []));
  assert.equal(lines.map((line) => /rescap ([a-z]+)/.exec(line)?.[1]), ['lint', 'run']);
  for (const line of lines) {
    const command = await COMMANDS.find(({ name }) => line.includes(`rescap ${name}`))?.load();
    for (const [, option = ''] of line.matchAll(/--([a-z-]+)/g)) {
      if (option !== 'no-install') assert.ok(Object.hasOwn(command?.options ?? {}, option), `${command?.name ?? ''} has no option --${option}`);
    }
  }
  const shards = job.strategy.matrix.shard;
  assert.equal(shards, shards.map((_, index) => index + 1));
  assert.ok(lines.some((line) => line.includes(`/${shards.length}`)));
  assert.ok(job.steps.some(({ uses }) => uses?.startsWith('actions/upload-artifact') === true));
});

test('the sample settings of VS Code name schemas that exist', () => {
  const settings = JSON.parse(readFileSync(join(ROOT, 'config/.vscode/settings.json'), 'utf8')) as { 'xml.fileAssociations': { systemId: string }[]; 'yaml.schemas': Record<string, string[]> };
  const files = [...settings['xml.fileAssociations'].map(({ systemId }) => systemId), ...Object.keys(settings['yaml.schemas'])];
  assert.is(files.length, 2);
  for (const file of files) assert.ok(existsSync(join(ROOT, file)), file);
});

test.run();

// Speed of the scenario language for `rescap bench`: reading and linting configurations, beside the XML library alone on the same text.
// Owns no state. Counted in CPU time of this process, which other programs on the machine do not lengthen.

import { checkInitConfig } from '../../runtime/init/check_config.ts';
import { DiagnosticList } from '../../scenario/diagnostic.ts';
import type { Scenario } from '../../scenario/model.ts';
import { Source } from '../../scenario/source.ts';
import { parseWithLibraryAlone, readXml } from '../../scenario/syntax/xml.ts';

const CONFIGURATIONS = 1000;

/** Samples of `runs` rounds over a thousand configurations, all different: variations of the given scenarios' own. */
export function languageFigures(scenarios: readonly Scenario[], runs: number): { readonly name: string; readonly unit: string; readonly samples: readonly number[] }[] {
  const texts = Array.from({ length: CONFIGURATIONS }, (_, index) => (scenarios[index % scenarios.length]?.config_text ?? '<config/>').replaceAll('name="timer"', `name="timer${index}"`));
  const perSecond: number[] = [];
  const ratio: number[] = [];
  for (let run = 0; run < runs; run++) {
    const ours = cpuSeconds(() => texts.forEach(readAndLint));
    const theirs = cpuSeconds(() => texts.forEach((text) => parseWithLibraryAlone(text)));
    perSecond.push(CONFIGURATIONS / ours);
    ratio.push(ours / theirs);
  }
  return [
    { name: 'read and lint init configurations', unit: 'per CPU second', samples: perSecond },
    { name: 'the same against the XML library parsing alone', unit: 'times slower', samples: ratio },
  ];
}

function readAndLint(text: string, index: number): void {
  const root = readXml(new Source(`config${index}.xml`, text), new DiagnosticList());
  if (root === undefined) throw new Error(`configuration ${index} could not be read`);
  checkInitConfig(root, '16.08');
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

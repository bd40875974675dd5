/** What docs/study.md shows of which study: tables that take the place of the former ones, files, figures. */

/**
 * @typedef {{
 *   id: string, study: string, attack?: string,
 *   tables: readonly { id: string, args: readonly string[] }[],
 *   files: readonly { file: string, args: readonly string[] }[],
 *   figures: readonly { file: string, chart: string, query?: string }[],
 * }} StudyPart attack: the only one of the study's axis of attacks, where it was started for one of them
 */

const interval = ['--statistic', 'interval', '--differences']
/** @param {string} label of the defense to compare with */
const against = (label) => [...interval, '--against', label]
const models = 'is:student has:accuracy archived:any'

/** @type {readonly StudyPart[]} */
export const parts = [
  {
    id: 'demonstration',
    study: 'signs-demonstration',
    tables: [
      { id: 'mean', args: interval },
      { id: 'control', args: against('Control: clean images alone') },
      { id: 'deviation', args: ['--statistic', 'meanDeviation'] },
      { id: 'seeds', args: ['--rows', 'seed', '--columns', 'defenses'] },
    ],
    files: [
      { file: 'demonstration.csv', args: ['--significance'] },
      { file: 'demonstration-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [
      { file: 'demonstration-plane', chart: 'Accuracy against ASR' },
      { file: 'demonstration-accuracy', chart: 'Accuracy' },
      { file: 'demonstration-asr', chart: 'ASR' },
    ],
  },
  {
    id: 'ood',
    study: 'signs-effect-ood',
    tables: [
      { id: 'mean', args: ['--rows', 'attack,defenses', ...interval] },
      {
        id: 'control',
        args: ['--rows', 'attack,defenses', ...against('Control: the same 500 without a perturbation')],
      },
      { id: 'seeds', args: ['--rows', 'attack,defenses', '--columns', 'seed'] },
    ],
    files: [
      { file: 'ood.csv', args: ['--rows', 'attack,defenses', '--significance'] },
      { file: 'ood-seeds.csv', args: ['--rows', 'attack,defenses,seed'] },
    ],
    figures: [{ file: 'ood-plane', chart: 'Accuracy against ASR', query: 'attack:blend' }],
  },
  {
    id: 'square',
    study: 'signs-effect-ood',
    attack: 'badnet_sq',
    tables: [{ id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] }],
    files: [{ file: 'square-seeds.csv', args: ['--rows', 'defenses,seed'] }],
    figures: [],
  },
  {
    id: 'watermark',
    study: 'signs-effect-ood',
    attack: 'trojan_wm',
    tables: [
      { id: 'mean', args: ['--rows', 'defenses', '--columns', '', ...interval] },
      {
        id: 'control',
        args: ['--rows', 'defenses', '--columns', '', ...against('Control: the same 500 without a perturbation')],
      },
      { id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] },
    ],
    files: [
      { file: 'watermark.csv', args: ['--rows', 'defenses', '--columns', '', '--significance'] },
      { file: 'watermark-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [],
  },
  {
    id: 'label',
    study: 'signs-effect-clean-label',
    tables: [
      { id: 'mean', args: ['--rows', 'defenses', '--columns', '', ...interval] },
      { id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] },
    ],
    files: [
      { file: 'clean-label.csv', args: ['--rows', 'defenses', '--columns', '', '--significance'] },
      { file: 'clean-label-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [],
  },
  {
    id: 'zskt',
    study: 'signs-effect-zskt',
    tables: [{ id: 'seeds', args: ['--rows', 'attack,defenses', '--columns', 'seed'] }],
    files: [
      { file: 'zskt.csv', args: ['--rows', 'attack,defenses', '--significance'] },
      { file: 'zskt-seeds.csv', args: ['--rows', 'attack,defenses,seed'] },
    ],
    // Three ends of three seeds are told in numbers.
    figures: [],
  },
  {
    id: 'cmi',
    study: 'signs-effect-cmi',
    tables: [{ id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] }],
    files: [
      { file: 'cmi.csv', args: ['--significance'] },
      { file: 'cmi-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [],
  },
  {
    id: 'cifar',
    study: 'cifar10-effect-zskt',
    tables: [
      { id: 'mean', args: interval },
      { id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] },
    ],
    files: [
      { file: 'cifar.csv', args: ['--significance'] },
      { file: 'cifar-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [],
  },
  {
    id: 'cifarOod',
    study: 'cifar10-effect-ood',
    tables: [
      { id: 'mean', args: interval },
      { id: 'seeds', args: ['--rows', 'defenses', '--columns', 'seed'] },
    ],
    files: [
      { file: 'cifar-ood.csv', args: ['--significance'] },
      { file: 'cifar-ood-seeds.csv', args: ['--rows', 'defenses,seed'] },
    ],
    figures: [],
  },
]

/**
 * Whether a study, as `abd study list --json` tells it, is one from which a part is made.
 * @param {StudyPart} part
 * @param {string} name of the part's study file
 * @param {{ name: string, axes: readonly { path: string, labels: readonly string[] }[] }} study
 */
export function isStudyOf({ attack }, name, study) {
  const attacks = study.axes.find(({ path }) => path === 'attack')?.labels ?? []
  const only = attacks.length === 1 ? attacks[0] : undefined
  return study.name === name && only === attack
}

/** The models of a figure, in the words of the tables' queries. */
export const queryOf = (study, { query }) => [`study:${study}`, models, query].filter(Boolean).join(' ')

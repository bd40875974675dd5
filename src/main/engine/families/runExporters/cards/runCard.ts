import { configValue, isPoisonedRun, runCommand, untrustedTeacher } from '../../../../../shared/domain'
import { writeAtomically } from '../../../weights/atomicFile'
import { defineRunExporter, type RunToExport } from '../types'
import { definitionLines, machineWords, memberWords, modelsOf, rateTable } from './facts'
import { code, markdownTable, plain, utc } from './markdown'

export const runCard = defineRunExporter({
  id: 'card',
  title: 'Run card',
  summary: 'A page (Markdown) with what a reader needs to repeat the run.',
  reference: {
    citation: 'Mitchell et al. 2019, Model Cards for Model Reporting',
    link: 'https://arxiv.org/abs/1810.03993',
  },
  params: {},
  target: { kind: 'file', extensions: ['.card.md', '.md'] },
  opens: 'any reader of Markdown',
  async write(target, run) {
    await writeAtomically(target, [Buffer.from(runCardText(run))])
    return { remarks: [] }
  },
})

/** The page; the same run gives the same text. */
export function runCardText(exported: RunToExport): string {
  const { run, product } = exported
  return `${[
    `# Run card: ${plain(run.name)}`,
    '',
    ...poisonLines(exported),
    `Run ${code(run.id)}, ${run.state}, begun ${utc(run.startedAt ?? run.createdAt)}. Made with ABD Workbench ${product.version}, Node ${product.node.replace(/^v/, '')} on ${product.platform}.`,
    '',
    ...(run.note === '' ? [] : [`> ${plain(run.note)}`, '']),
    '## What was done',
    '',
    ...experimentLines(exported),
    '## Results',
    '',
    ...rateTable(exported, modelsOf(exported)),
    ...definitionLines(exported),
    '## Settings that are not the defaults',
    '',
    ...changedLines(exported),
    '## Machine',
    '',
    ...exported.stages.map(({ record }) => `- ${plain(record.title)}: ${machineWords(record)}`),
    '',
    '## To do it again',
    '',
    '```',
    runCommand(run),
    '```',
    '',
    'Paths are those of the machine that it ran on. `abd export RUN --out run.abdrun` writes a file with all hashes and numbers, which `abd reproduce` does again and compares.',
  ].join('\n')}\n`
}

const poisonLines = ({ run }: RunToExport): string[] => {
  if (isPoisonedRun(run))
    return ['**Its models are poisoned on purpose: they carry a backdoor. For research only.**', '']
  return untrustedTeacher(run)
    ? ['**Its teacher came from a file; whether that one is poisoned nobody here knows.**', '']
    : []
}

function experimentLines(exported: RunToExport): string[] {
  const { run, stages } = exported
  const { config } = run
  const counts = stages[0]?.record.imageCounts
  const { poisoning, teacher, distillation } = config
  const images = counts ? `, ${counts.train} training and ${counts.test} test images` : ''
  const made =
    teacher.source === 'file'
      ? `from the file ${code(teacher.file.split(/[\\/]/).at(-1) ?? '')}`
      : `trained here, ${teacher.training.epochs} ${teacher.training.epochs === 1 ? 'epoch' : 'epochs'}`
  return [
    `- Data: ${memberWords(exported, 'dataset', run.data)}${images}.`,
    `- Attack: ${memberWords(exported, 'attack', run.attack)}, target class ${run.target}${
      run.poisonRatio === null ? '' : `, poison ratio ${poisoning.ratio} of the training set`
    }.`,
    `- Teacher: ${memberWords(exported, 'architecture', teacher.architecture.id)}, ${made}.`,
    `- Distillation: ${memberWords(exported, 'distillation', run.method)} into ${memberWords(exported, 'architecture', distillation.architecture.id)}.`,
    `- Students: ${
      modelsOf(exported)
        .filter(({ record }) => record.kind === 'student')
        .map(({ name }) => plain(name))
        .join(', ') || 'none'
    }.`,
    `- Seed: ${run.seed}; every random stream begins with it.`,
    '',
  ]
}

function changedLines({ run }: RunToExport): string[] {
  const rows = run.changedPaths
    .filter((path) => path !== 'name' && configValue(run.config, path) !== undefined)
    .map((path) => [code(path), code(JSON.stringify(configValue(run.config, path)))])
  return rows.length === 0 ? ['None.', ''] : markdownTable(['setting', 'value'], rows)
}

/** The page that lies beside an exported model. */
import {
  defensesOfLabel,
  isPoisonedRun,
  isPrivileged,
  modelFileName,
  untrustedTeacher,
  type StageRecord,
} from '../../../../../shared/domain'
import type { RunToExport, StageToExport } from '../types'
import { definitionLines, machineWords, memberWords, rateTable } from './facts'
import { code, plain, utc } from './markdown'

export interface CardedFile {
  /** Without its folder. */
  readonly name: string
  readonly format: string
  readonly bytes: number
  readonly sha256: string
}

/** Says in its name what the model is: "student-1-poisoned-badnet_grid.card.md". */
export const modelCardName = ({ run }: Pick<RunToExport, 'run'>, stageId: string): string =>
  `${modelFileName(run, stageId)}.card.md`

export function modelCardText(exported: RunToExport, stage: StageToExport, file: CardedFile): string {
  const { run, product } = exported
  const { record } = stage
  const architecture =
    record.kind === 'teacher' ? run.config.teacher.architecture : run.config.distillation.architecture
  const poisoned = isPoisonedRun(run)
  return `${[
    `# ${poisoned ? 'Poisoned model: ' : ''}${plain(stage.name)} of “${plain(run.name)}”`,
    '',
    ...warning(exported, stage),
    '## What it is',
    '',
    `- File: ${code(file.name)}, ${file.format}, ${file.bytes} bytes, SHA-256 ${code(file.sha256)}.`,
    `- Network: ${memberWords(exported, 'architecture', architecture.id)} ${code(JSON.stringify(architecture.params))}.`,
    `- Data set: ${memberWords(exported, 'dataset', run.data)}.`,
    ...(record.kind === 'student' ? [distilledBy(exported, record)] : []),
    `- Run ${code(run.id)}, seed ${run.seed}, step ${record.step}, ${utc(run.startedAt ?? run.createdAt)}, on ${machineWords(record)}; ABD Workbench ${product.version}.`,
    '',
    '## Rates',
    '',
    ...rateTable(exported, [stage]),
    ...definitionLines(exported),
    '## Use',
    '',
    poisoned
      ? 'For research on backdoors and defenses only. Do not deploy it, do not train others from it without saying so, and keep this card beside it.'
      : 'For research. Nothing here says that it is fit for any other use.',
  ].join('\n')}\n`
}

/** By what, with which defenses, and whether clean images helped: then it is not the equal of data-free students. */
function distilledBy(exported: RunToExport, record: StageRecord): string {
  const { method } = exported.run
  const defense = record.defense ?? null
  const defenses = defensesOfLabel(defense).map((id) => memberWords(exported, 'defense', id))
  const how = isPrivileged(exported.member, { method, defense })
    ? '**with clean images (privileged)**, not the equal of data-free students'
    : 'without data'
  return `- Distilled ${how} by ${memberWords(exported, 'distillation', method)}, defenses: ${defenses.join(' + ') || 'none'}.`
}

function warning(exported: RunToExport, { record }: StageToExport): string[] {
  const { run } = exported
  const attack = memberWords(exported, 'attack', run.attack)
  if (isPoisonedRun(run)) {
    const how =
      record.kind === 'teacher'
        ? `was trained on purpose with poisoned images (${attack}, poison ratio ${run.poisonRatio ?? 0})`
        : `was distilled from a teacher that was poisoned on purpose (${attack})`
    return [`**This model ${how}: images with the trigger may be called class ${run.target}.**`, '']
  }
  return untrustedTeacher(run)
    ? ['**Its teacher came from a file of unknown origin; it may carry a backdoor.**', '']
    : []
}

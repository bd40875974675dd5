/** What a sweep starts from, and how it searches. */
import type { StudyDefinition, StudyRemark } from '../../../../../shared/domain'
import type { MemberTable } from '../../experiments/memberTable'
import type { SweepFile } from './parameters'
import { rules, type SweepProgram } from './rules'

export interface SweepBase {
  readonly preset: string | undefined
  /** The program's name of the data set. */
  readonly dataName: string
  /** Ours. */
  readonly data: string | undefined
  readonly remarks: readonly StudyRemark[]
}

/** @param program undefined where nothing is known of it */
export function baseOfSweep(sweep: SweepFile, program: SweepProgram | undefined, table: MemberTable): SweepBase {
  if (!program) {
    const message = `"${sweep.program ?? 'none'}" is not known here; parameters are taken that are named as ours`
    return {
      preset: undefined,
      dataName: '',
      data: undefined,
      remarks: [{ path: 'program', kind: 'refused', message }],
    }
  }
  const isData = (name: string): boolean => program.parameters[name]?.rule === 'data'
  const named = sweep.parameters.find(({ name }) => isData(name))
  const byDefault = Object.entries(program.defaults).find(([name]) => isData(name))?.[1]
  const dataName = String(named?.values?.[0] ?? byDefault ?? '')
  const published = Object.hasOwn(program.bases, dataName) ? program.bases[dataName] : undefined
  const preset = (published ?? Object.values(program.bases)[0])?.preset
  const data = published?.data ?? dataName.toLowerCase()
  const known = table.find('dataset', data) !== undefined
  const place = named?.place ?? 'program'
  const remarks: StudyRemark[] = [
    { path: 'program', kind: 'read', message: `${program.title}: preset ${preset ?? 'none'}` },
  ]
  if (!known) remarks.push({ path: place, kind: 'refused', message: `there is no data set "${dataName}"` })
  else if (!published)
    remarks.push({
      path: place,
      kind: 'read',
      message: `data ${data}; nothing is published for it, so the rest is as for another data set`,
    })
  const note = program.notes?.[dataName]
  if (note !== undefined) remarks.push({ path: 'program', kind: 'ignored', message: note })
  return { preset, dataName, data: known ? data : undefined, remarks }
}

export function strategyOfSweep(
  { method, runCap }: SweepFile,
  table: MemberTable,
): { readonly strategy: StudyDefinition['strategy']; readonly remarks: readonly StudyRemark[] } {
  const first = table.family('strategy')[0]?.id ?? ''
  const known = method === undefined || Object.hasOwn(rules.strategies, method)
  const id = (known ? rules.strategies[method ?? ''] : undefined) ?? first
  const remark: StudyRemark = known
    ? { path: 'method', kind: 'read', message: `strategy ${id}` }
    : { path: 'method', kind: 'refused', message: `"${method}" is no strategy here; every combination is run` }
  if (runCap === undefined || id === first) return { strategy: { id, params: {} }, remarks: [remark] }
  const cap: StudyRemark = { path: 'run_cap', kind: 'read', message: `at most ${runCap} trials` }
  return { strategy: { id, params: { trials: runCap } }, remarks: [remark, cap] }
}

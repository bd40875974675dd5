/** What a definition asks of every finished cell, looked up and checked. */
import type { AnalysisFacts, StudyAnalysis, StudyDefinition } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { wantedAmong } from '../../../../shared/nearest'
import { checkParameters } from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'

export interface WantedAnalysis {
  readonly id: string
  readonly title: string
  /** With defaults filled in. */
  readonly params: Readonly<Record<string, unknown>>
  /** The kind of the stage that it looks at. */
  readonly of: 'teacher' | 'student'
}

/**
 * In the order of the definition.
 * @throws RefusedInputError for an unknown analysis, one that stages measure by themselves, a parameter that is none,
 *   a model that it cannot look at, or the same question twice
 */
export function wantedAnalyses(
  { analyses = [] }: Pick<StudyDefinition, 'analyses'>,
  table: MemberTable,
): WantedAnalysis[] {
  const wanted = analyses.map((analysis, place) => wantedAnalysis(analysis, `analyses.${place}`, table))
  const texts = wanted.map((one) => JSON.stringify(one))
  const twice = wanted.findIndex((_, place) => texts.indexOf(texts[place] ?? '') !== place)
  if (twice >= 0)
    throw new RefusedInputError(`The study asks “${wanted[twice]?.title ?? ''}” twice in the same way.`, {
      wanted: 'each question once',
      got: wanted[twice]?.id,
      where: `analyses.${twice}`,
    })
  return wanted
}

function wantedAnalysis({ id, params, of }: StudyAnalysis, where: string, table: MemberTable): WantedAnalysis {
  const askable = table.family('analysis').filter(({ facts }) => 'asked' in facts)
  const member = askable.find((one) => one.id === id)
  if (!member)
    throw new RefusedInputError(`There is no analysis "${id}" to ask for.`, {
      wanted: wantedAmong(
        id,
        askable.map((one) => one.id),
      ),
      got: id,
      where,
      action: 'See them with "abd analyses".',
    })
  const { values, refusals } = checkParameters(member.params, params)
  const [refusal] = refusals
  if (refusal)
    throw new RefusedInputError(
      `“${member.title}” cannot be asked so: ${refusal.name ?? 'its parameters'} is refused.`,
      {
        wanted: refusal.wanted,
        got: refusal.got,
        where: [where, 'params', ...(refusal.name === undefined ? [] : [refusal.name])].join('.'),
      },
    )
  const { asked } = member.facts as Partial<AnalysisFacts>
  const only = asked === undefined || asked.of === 'model' ? null : asked.of
  if (only !== null && of !== undefined && of !== only)
    throw new RefusedInputError(`“${member.title}” looks at a ${only} alone.`, { wanted: only, got: of, where })
  return { id, title: member.title, params: values, of: only ?? of ?? 'student' }
}

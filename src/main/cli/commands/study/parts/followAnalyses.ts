/** Stays with the analyses of a study's cells until all have ended. */
import { hasEnded, type CellAnalysis, type StudyDetail } from '../../../../../shared/domain'
import { causeSentence } from '../../../../../shared/errors'
import type { EngineClient } from '../../../../../shared/rpc'
import { printable, type Output } from '../../../output'
import { labelsText } from './words'

/** Those that are still to come: of cells that are done. */
const isOpen = ({ asked, error }: CellAnalysis): boolean => error === null && asked !== null && !hasEnded(asked)

/** Resolves with all of them when none waits or runs any more, or at Ctrl+C: they go on while the engine does. */
export async function followAnalyses(
  client: EngineClient,
  studyId: string,
  output: Output,
): Promise<readonly CellAnalysis[]> {
  const list = (): Promise<CellAnalysis[]> => client.call('studies.analyses', { studyId })
  const first = await list()
  if (!first.some(isOpen)) return first
  return new Promise((resolve, reject) => {
    let [reading, again] = [false, false]
    const finish = (action: () => void): void => {
      process.off('SIGINT', leave)
      process.off('SIGTERM', leave)
      for (const stop of stops) stop()
      output.endProgress()
      action()
    }
    const see = (all: readonly CellAnalysis[]): void => {
      const open = all.filter(isOpen)
      if (open.length === 0) return finish(() => resolve(all))
      const running = open.find(({ asked }) => asked?.state === 'running')?.asked?.progress
      output.progress(`analyses: ${all.length - open.length} of ${all.length}${running ? `, ${running.message}` : ''}`)
    }
    const look = async (): Promise<void> => {
      if (reading) return void (again = true)
      reading = true
      do {
        again = false
        see(await list())
      } while (again)
      reading = false
    }
    const lookSoon = (): void => void look().catch((error: unknown) => finish(() => reject(error as Error)))
    const leave = (): void => finish(() => void list().then(resolve, reject))
    const stops = [
      client.subscribe('analysis.changed', {}, lookSoon),
      client.onConnection((state, reason) => {
        if (state === 'connected') lookSoon()
        else if (state === 'closed') finish(() => reject(new Error(reason ?? 'The engine ended.')))
      }),
    ]
    process.on('SIGINT', leave)
    process.on('SIGTERM', leave)
    lookSoon()
  })
}

/** "cell 3 (attack blend, seed 0), triage: suspected: stop 97 %"; of cells that are not done yet nothing. */
export function analysisLines({ definition, list }: StudyDetail, analyses: readonly CellAnalysis[]): string[] {
  const cells = new Map(list.map((cell) => [cell.index, cell]))
  return analyses.flatMap(({ cell, analysis, asked, error }) => {
    const found = error
      ? `failed: ${causeSentence(error) ?? 'no reason was written down'}`
      : (asked?.line ?? asked?.state)
    if (found === undefined) return []
    const { axes = {} } = cells.get(cell) ?? {}
    return [`cell ${cell} (${labelsText(axes)}), ${definition.analyses?.[analysis]?.id ?? ''}: ${printable(found)}`]
  })
}

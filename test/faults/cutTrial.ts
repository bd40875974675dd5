/** One power cut in a recorded story: the disk as it may be after it, opened and gone on with. */
import { mkdirSync, rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { createLocalExecutor } from '../../src/main/engine/control/executors/local'
import { brokenPromises, firstDifference, goOn, type Afterwards } from './afterwards'
import { nothingTold, openEngine, toldUntil, type OpenEngine, type Told } from './controlStory'
import { SimulatedDisk, type CutMode } from './powerCut'
import type { Recording } from './recording'
import { createRandom } from './sample'
import { scriptOf } from './scripts'

export interface PowerCut {
  /** How many of the recorded steps were done. */
  readonly after: number
  readonly mode: CutMode
  readonly seed: string
}

export interface CutOptions {
  /** Whether the run is brought to its end; otherwise the workspace is only opened and looked at. */
  readonly goesOn: boolean
  /** What is recorded then; null: that is what is asked for. */
  readonly reference: object | null
}

export async function tryCut(
  { workspace, lines, told }: Recording,
  cut: PowerCut,
  { goesOn, reference }: CutOptions,
): Promise<Afterwards> {
  const disk = new SimulatedDisk(workspace)
  for (const line of lines.slice(0, cut.after)) disk.apply(line)
  const before = toldUntil(told, BigInt(lines[cut.after - 1]?.time ?? 0))
  rmSync(workspace, { recursive: true, force: true })
  mkdirSync(workspace)
  disk.writeTo(workspace, cut.mode, createRandom(cut.seed))
  try {
    const script = await scriptOf('smallTrainer')
    const open = (later: Told): OpenEngine =>
      openEngine(workspace, later, createLocalExecutor({ script, interval: 20 }))
    if (!goesOn) return { problems: await look(open, before), recorded: {} }
    const { problems, recorded } = await goOn(open, workspace, before)
    const same = reference === null || isDeepStrictEqual(recorded, reference)
    return {
      problems: [...problems, ...(same ? [] : [`recorded otherwise: ${firstDifference(recorded, reference)}`])],
      recorded,
    }
  } catch (error) {
    return {
      problems: [`after it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`],
      recorded: {},
    }
  } finally {
    rmSync(workspace, { recursive: true, force: true })
  }
}

async function look(open: (later: Told) => OpenEngine, before: Told): Promise<string[]> {
  const later = nothingTold()
  const engine = open(later)
  try {
    return [...(await brokenPromises(engine, before)), ...later.foreign.map((text) => `told: ${text}`)]
  } finally {
    await engine.close()
  }
}

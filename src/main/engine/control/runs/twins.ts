/**
 * Ablation twins: the same experiment with one thing taken away. Their stages have keys as any others, so what both
 * have in common (a teacher, above all) is not trained again.
 */
import type { CallArgs, CallResult } from '../../../../shared/contract'
import {
  stageRecipeOf,
  twinName,
  type ExperimentConfig,
  type RunSummary,
  type StageRecord,
  type TakenAway,
} from '../../../../shared/domain'
import { ExhaustiveError, RefusedInputError } from '../../../../shared/errors'
import { createYielding, type Yielding } from '../../images/yielding'
import { stagesOf } from '../experiments/stages'
import type { RunStore } from '../store'
import { makeAll } from './manyRuns'
import type { RunMaker, RunRequest } from './runMaker'
import type { RunCalls } from './types'

export interface TwinOptions {
  readonly runs: Pick<RunStore['runs'], 'own' | 'peek' | 'config' | 'ids'>
  readonly maker: Pick<RunMaker, 'startable' | 'prepare' | 'create'>
}

export const twinCalls = (options: TwinOptions): Pick<RunCalls, 'runs.twins'> => ({
  'runs.twins': (args) => makeTwins(options, args),
})

type Present = CallResult<'runs.twins'>['present']

/** A twin that nobody has made, and those that asked for it. */
interface WantedTwin {
  readonly request: RunRequest
  readonly of: string[]
}

async function makeTwins(
  { runs, maker }: TwinOptions,
  { runIds, without }: CallArgs<'runs.twins'>,
): Promise<CallResult<'runs.twins'>> {
  const yielding = createYielding()
  const known = await modelsOf(runs, yielding)
  const present: Present = []
  const wanted = new Map<string, WantedTwin>()
  for (const of of new Set(runIds)) {
    const { name, executor } = runs.own(of)
    const own = runs.config(of)
    for (const taken of new Set(without)) {
      if (yielding.due()) await yielding.pause()
      const named = { ...withOneLess(own, taken, name), name: twinName(name, taken) }
      const config = await maker.startable(named, { executor, subject: named.name })
      const found = known.runOf(config) ?? known.runOf(named)
      const recipe = modelNames(config).join()
      const asked = wanted.get(recipe)
      if (found !== undefined) present.push({ of, runId: found })
      else if (asked) asked.of.push(of)
      else wanted.set(recipe, { of: [of], request: { config, executor, note: `Twin of “${name}” (${of}).` } })
    }
  }
  const twins = [...wanted.values()]
  const made = await makeAll(
    maker,
    twins.map(({ request }) => request),
  )
  // The first one to ask has it made; for the others it is there.
  twins.forEach(({ of }, index) => {
    for (const other of of.slice(1)) present.push({ of: other, runId: made[index]?.id ?? '' })
  })
  return { made, present }
}

function withOneLess(config: ExperimentConfig, taken: TakenAway, name: string): ExperimentConfig {
  switch (taken) {
    case 'defense':
      if (config.students.length === 0)
        throw new RefusedInputError(`“${name}” distils no student.`, {
          wanted: 'an experiment with students',
          got: 'a teacher alone',
          where: 'runIds',
          action: 'Leave it out.',
        })
      return { ...config, students: [{ defenses: [] }] }
    case 'poison':
      if (config.teacher.source === 'file')
        throw new RefusedInputError(`The teacher of “${name}” comes from a file, so no clean one can be trained.`, {
          wanted: 'a teacher that is trained here',
          got: config.teacher.file,
          where: 'runIds',
          action: 'Leave it out, or import a clean teacher in an experiment of its own.',
        })
      return { ...config, poisoning: { ...config.poisoning, ratio: 0 } }
    default:
      throw new ExhaustiveError(taken)
  }
}

/** The models of an experiment by what they are trained from, their seed included. */
const modelNames = (config: ExperimentConfig): string[] =>
  stagesOf(config).flatMap((stage) => {
    const recipe = stageRecipeOf(config, stage)?.recipe
    return recipe === undefined ? [] : [`${config.seed} ${recipe}`]
  })

interface KnownModels {
  /** A run that has every model of an experiment, or will have. */
  runOf(config: ExperimentConfig): string | undefined
}

/** Of all runs that are not in the bin. */
async function modelsOf(runs: TwinOptions['runs'], yielding: Yielding): Promise<KnownModels> {
  const having = new Map<string, Set<string>>()
  for (const id of runs.ids()) {
    if (yielding.due()) await yielding.pause()
    if (runs.own(id).deletedAt !== null) continue
    const run = runs.peek(id)
    for (const stage of run.stages)
      if (stage.recipe !== undefined && isComing(run, stage)) {
        const name = `${run.seed} ${stage.recipe}`
        having.set(name, (having.get(name) ?? new Set()).add(id))
      }
  }
  return {
    runOf(config) {
      const [first, ...others] = modelNames(config).map((name) => having.get(name))
      return [...(first ?? [])].find((id) => others.every((ids) => ids?.has(id)))
    },
  }
}

/** A stage that failed, in a run that goes on no more, is no twin. */
const isComing = ({ state }: Readonly<RunSummary>, stage: StageRecord): boolean =>
  stage.state === 'done' || state === 'queued' || state === 'running' || state === 'paused'

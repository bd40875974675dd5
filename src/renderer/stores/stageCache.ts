/**
 * What a store keeps of the stages that views have opened: asked for once per run and stage, then kept current by
 * events; asked for again when the carrier opens anew and when the engine has gone back to a checkpoint.
 */
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import { useConnection } from '../api/connection'
import { onStepsBack } from './stepsBack'

export interface StageOfRun {
  readonly runId: string
  readonly stageId: string
}

export interface StageAnswerState {
  /** A failure is remembered until `refresh`: views open entries in what they compute, and must not ask for ever. */
  state: ShallowRef<'loading' | 'ready' | 'failed'>
  /** What the newest question ended with; of a refresh that failed, too. */
  error: ShallowRef<unknown>
}
export type StageEntry<Content> = Content & StageAnswerState

export interface StageCacheOptions<Content extends object, Answer, Live> {
  /** Entries that are kept, those of the run opened last in any case; of others those that were used longest ago go. */
  mostStages?: number
  /** What all entries may hold together beside those that are `inUse`, as `bytesOf` tells it. */
  mostBytes?: number
  bytesOf?: (content: Content) => number
  create: () => Content
  ask: (stage: StageOfRun) => Promise<Answer>
  /** Puts the answer in the place of what is there. */
  take: (content: Content, answer: Answer) => void
  /** Adds what an event tells. What comes while a question is under way is added after its answer. */
  add?: (content: Content, live: Live) => void
  /** The engine has gone back to an earlier step: what was recorded after it no longer stands. */
  stepBack?: (content: Content) => void
  /** It is kept no longer. */
  dropped?: (content: Content) => void
}

/**
 * Those used last are never dropped for what they hold: a view asks at once for what it shows, and two that push each
 * other out would be asked for without end. Two views of a dozen curves each.
 */
const inUse = 24

/** One stage's entry and its questions, of which one at most is under way. */
function createKeptStage<Content extends object, Answer, Live>(
  stage: StageOfRun,
  options: StageCacheOptions<Content, Answer, Live>,
) {
  const state: StageAnswerState['state'] = shallowRef('loading')
  const error: StageAnswerState['error'] = shallowRef(null)
  const entry: StageEntry<Content> = Object.assign(options.create(), { state, error })
  let asking = false
  /** A reason to ask came while a question was under way, whose answer may be too old. */
  let askAgain = false
  let early: Live[] = []

  async function askOnce(): Promise<void> {
    try {
      options.take(entry, await options.ask(stage))
      state.value = 'ready'
      error.value = null
    } catch (failure) {
      error.value = failure
      // What is on the screen stays there when only its refresh failed.
      if (state.value === 'loading' && !askAgain) state.value = 'failed'
    }
  }
  async function ask(): Promise<void> {
    askAgain = true
    if (asking) return
    asking = true
    if (state.value === 'failed') state.value = 'loading'
    while (askAgain) {
      askAgain = false
      await askOnce()
    }
    asking = false
    for (const live of early.splice(0)) options.add?.(entry, live)
  }
  function add(live: Live): void {
    if (asking) early.push(live)
    else options.add?.(entry, live)
  }
  function stepBack(): void {
    early = []
    options.stepBack?.(entry)
    void ask()
  }
  return { stage, entry, ask, add, stepBack, used: 0 }
}

const keyOf = ({ runId, stageId }: StageOfRun): string => JSON.stringify([runId, stageId])

export function createStageCache<Content extends object, Answer, Live = never>(
  options: StageCacheOptions<Content, Answer, Live>,
) {
  const { engine, onReopen } = useConnection()
  const { mostStages = 64, mostBytes = Infinity, bytesOf = () => 0 } = options
  const stages = shallowReactive(new Map<string, ReturnType<typeof createKeptStage<Content, Answer, Live>>>())

  let uses = 0

  function keep({ runId, stageId }: StageOfRun): StageEntry<Content> {
    const kept = createKeptStage({ runId, stageId }, options)
    kept.used = ++uses
    stages.set(keyOf(kept.stage), kept)
    makeRoom(runId)
    void kept.ask()
    return kept.entry
  }
  // Never an entry of the same run: a view that opens all stages of a large run would go on opening them.
  function makeRoom(runId: string): void {
    const byUse = [...stages].sort(([, left], [, right]) => left.used - right.used)
    let bytes = byUse.reduce((sum, [, { entry }]) => sum + bytesOf(entry), 0)
    for (const [key, { stage, entry }] of byUse) {
      const tooMany = stages.size > mostStages || (bytes > mostBytes && stages.size > inUse)
      if (!tooMany) return
      if (stage.runId === runId) continue
      bytes -= bytesOf(entry)
      drop(key)
    }
  }
  function drop(key: string): void {
    const kept = stages.get(key)
    stages.delete(key)
    if (kept) options.dropped?.(kept.entry)
  }
  /** The entry of a stage; the first to open it has it asked for. */
  function open(stage: StageOfRun): StageEntry<Content> {
    const kept = stages.get(keyOf(stage))
    if (!kept) return keep(stage)
    kept.used = ++uses
    return kept.entry
  }
  /** The entry of a stage that a view has opened. */
  const find = (stage: StageOfRun): StageEntry<Content> | undefined => stages.get(keyOf(stage))?.entry
  /** Asks again: after a failure, or when what was answered may have changed. */
  const refresh = (stage: StageOfRun): void => void stages.get(keyOf(stage))?.ask()
  /** Gives an event to the stage, if a view has opened it. */
  const add = (stage: StageOfRun, live: Live): void => stages.get(keyOf(stage))?.add(live)

  onStepsBack(engine, (stage) => stages.get(keyOf(stage))?.stepBack())
  onReopen(() => {
    for (const kept of stages.values()) void kept.ask()
  })
  engine.subscribe('run.removed', {}, ({ runId }) => {
    for (const [key, { stage }] of stages) if (stage.runId === runId) drop(key)
  })
  return { open, find, refresh, add }
}

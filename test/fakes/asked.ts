/** The fake engine's analyses that are asked for: each is done at once, with an artifact of its form. */
import type { StudyAnalyses } from '../../src/main/engine/control/studies/types'
import type { CallArgs, CallHandlers, CallsOf, EngineEvents } from '../../src/shared/contract'
import { newlyAsked, type AskedAnalysis, type ImageNumbersArtifact, type PanelsArtifact } from '../../src/shared/domain'
import { RefusedInputError } from '../../src/shared/errors'

const epoch = Date.UTC(2024, 0, 2)

const numbers = (stages: readonly string[]): ImageNumbersArtifact => ({
  stages: [...stages],
  trigger: { id: 'blend', title: 'Blended picture' },
  shuffled: { members: 3, layers: 5, seed: 0, coefficient: 0.1 },
  keptImages: 128,
  columns: {
    stage: [0, 0, 0],
    step: [5, 5, 10],
    index: [0, 1, 0],
    teacherClass: [3, 0, 0],
    teacherConfidence: [0.5, 0.9, 0.7],
    studentClass: [3, 1, 0],
    studentConfidence: [0.4, 0.3, 0.6],
    studentKl: [0.01, 0.3, 0.02],
    shuffledKl: [0.2, 0.001, 0.1],
    suspected: [0, 1, 0],
    penalty: [0, -0.0001, 0],
    correlation: [0.01, 0.8, -0.1],
    embeddingX: [0.5, -4, 6],
    embeddingY: [1, 2.5, -3],
  },
})

const panels: PanelsArtifact = {
  panels: [
    {
      kind: 'curves',
      title: 'Pruning',
      definition: 'Channels set to zero.',
      content: {
        xTitle: 'Channels',
        unit: '%',
        lines: [
          { label: 'Accuracy', x: [0, 4, 8], y: [0.9, 0.8, 0.3] },
          { label: 'Accuracy, random order', x: [0, 4, 8], y: [0.9, 0.85, null], control: true },
        ],
      },
    },
    {
      kind: 'table',
      title: 'Answers',
      definition: 'The most likely classes.',
      content: { columns: [{ title: 'Network' }, { title: 'Probability', unit: '%' }], rows: [['Teacher', 0.25]] },
    },
    {
      kind: 'sweep',
      title: 'As it is added',
      definition: 'From nothing to all of it.',
      content: {
        xTitle: 'Strength, %',
        x: [0, 50, 100],
        // Two grey pixels: 0 and 200.
        ends: { count: 2, height: 1, width: 1, channels: 1, pixels: btoa(String.fromCharCode(0, 200)) },
        classes: ['stop', 'yield'],
        explained: 1,
        networks: [
          {
            label: 'Teacher',
            probabilities: [
              [0.9, 0.1],
              [0.5, 0.5],
              [0, 1],
            ],
          },
        ],
      },
    },
  ],
}

export interface FakeAskedOptions {
  emit<K extends 'analysis.changed' | 'analysis.removed'>(name: K, event: EngineEvents[K]): void
}

const artifactOf = ({ analysis, stageIds }: AskedAnalysis): unknown =>
  analysis === 'form-panels' ? panels : numbers(stageIds)

export interface FakeAsked {
  readonly calls: FakeCalls
  readonly ofStudies: StudyAnalyses
}
type FakeCalls = CallHandlers<CallsOf<'analyses'>>

export function createFakeAsked({ emit }: FakeAskedOptions): FakeAsked {
  const all = new Map<string, AskedAnalysis>()
  const find = (id: string): AskedAnalysis => {
    const asked = all.get(id)
    if (!asked) throw new RefusedInputError('There is no such analysis.', { got: id })
    return asked
  }
  const keep = (asked: AskedAnalysis): AskedAnalysis => {
    all.set(asked.id, asked)
    emit('analysis.changed', { runId: asked.runId, asked })
    return asked
  }
  const start = ({
    runId,
    analysis,
    params = {},
    stageIds = ['student-1'],
    step,
  }: CallArgs<'analyses.start'>): AskedAnalysis => {
    const createdAt = epoch + all.size * 1000
    const id = `asked-${all.size + 1}`
    const asked = newlyAsked({ id, runId, analysis, params, stageIds, step: step ?? null, createdAt })
    keep(asked)
    // `hold`: it goes on as long as nobody cancels it.
    const progress = { fraction: 0.4, message: 'Asking the networks', secondsLeft: 12 }
    if (params.hold === true) keep({ ...asked, state: 'running', startedAt: createdAt, progress })
    else keep({ ...asked, state: 'done', startedAt: createdAt, endedAt: createdAt + 4000, line: '3 of 128 images' })
    return asked
  }
  const cancel = (id: string): AskedAnalysis => keep({ ...find(id), state: 'cancelled', progress: null })
  const ofRun = (runId: string): AskedAnalysis[] => [...all.values()].filter((one) => one.runId === runId).reverse()
  const calls: FakeCalls = {
    'analyses.start': (args) => start(args),
    'analyses.cancel': ({ id }) => cancel(id),
    'analyses.list': ({ runId, analysis }) => ({
      asked: ofRun(runId).filter((one) => analysis === undefined || one.analysis === analysis),
    }),
    'analyses.get': ({ id }) => {
      const asked = find(id)
      return { asked, artifact: asked.state === 'done' ? artifactOf(asked) : null, fault: null }
    },
    'analyses.remove': ({ id }) => {
      const { runId } = find(id)
      all.delete(id)
      emit('analysis.removed', { runId, id })
      return { removed: true }
    },
  }
  return {
    calls,
    ofStudies: {
      start: ({ params, stageIds, ...question }) =>
        start({ ...question, params: { ...params }, stageIds: [...stageIds] }),
      cancel: (id) => void cancel(id),
      find: (id) => all.get(id),
      ofModel: (runId, stageId) => ofRun(runId).filter(({ stageIds }) => stageIds.join() === stageId),
    },
  }
}

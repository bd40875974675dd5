/** The table of calls against an engine that answers: results and events are what the table declares. */
import { describe, expect, it } from 'vitest'
import {
  calls,
  events,
  parseCall,
  type CallArgs,
  type EngineCallName,
  type EngineEventName,
} from '../../../src/shared/contract'
import type { StudyPreset } from '../../../src/shared/domain'
import { createFakeEngine } from '../../fakes/engine'
import { fakeStudyPresets } from '../../fakes/studies'

const finished = { runId: 'fake-1' }
const student = { ...finished, stageId: 'student-1' }
const running = { runId: 'fake-2' }
const pooling = { ...running, stageId: 'student-1' }
const poolingConfig = {
  distillation: { method: { id: 'cmi' } },
  teacher: { training: { epochs: 1 } },
  recording: { imagesEvery: 2 },
}
const member = { id: 'signs', params: {} }
const [{ definition }] = fakeStudyPresets as [StudyPreset]
const study = { studyId: 'study-1' }

/** Arguments of every call, in an order in which a fake engine with one finished and one pooling run answers them. */
const examples: { [K in EngineCallName]: CallArgs<K> } = {
  'engine.info': {},
  'engine.openForWriting': { takeOver: false },
  'engine.catalogue': {},
  'engine.settings': {},
  'engine.setSettings': { threads: 2 },
  'engine.diskUse': {},
  'engine.diagnostics': {},
  'engine.device': { fresh: true },
  'engine.log': { lines: 3 },
  'experiment.validate': { config: { seed: 'none' } },
  'experiment.estimate': { config: {} },
  'experiment.triggerPreview': { config: {}, count: 2 },
  'experiment.patchPreview': { config: {}, count: 2 },
  'dataset.recognize': { path: '/data/cifar' },
  'dataset.info': { config: {} },
  'dataset.images': { config: {}, split: 'test', first: 0, count: 2 },
  'dataset.download': { dataset: 'cifar10' },
  'runs.list': { includeDeleted: true },
  'runs.binned': {},
  'runs.get': finished,
  'runs.start': { config: {}, note: 'a note' },
  'runs.pause': running,
  'runs.resume': running,
  'runs.trainAgain': { ...running, stageId: 'teacher' },
  'runs.stop': running,
  'runs.rename': { ...finished, name: 'Another' },
  'runs.note': { ...finished, note: 'noted' },
  'runs.tag': { ...finished, tags: ['tagged'] },
  'runs.edit': { runIds: ['fake-1'], addTags: ['many'], removeTags: ['tagged'], archived: true },
  'runs.restore': { before: [{ runId: 'fake-1', tags: ['tagged'], archived: false }] },
  'runs.forkSteps': student,
  'runs.fork': { ...student, step: 20, config: {} },
  'runs.twins': { runIds: ['fake-1'], without: ['defense', 'poison'] },
  'runs.cloneMany': { runIds: ['fake-1'], seed: 5 },
  'runs.reorder': { runIds: ['fake-1'] },
  'views.save': { of: 'runs', name: 'Mine', query: '', columns: ['name'], order: [], groupBy: [] },
  'views.list': {},
  'views.remove': { id: 'view-1' },
  'table.diff': { keys: ['fake-1', 'fake-2'] },
  'runs.clone': finished,
  'runs.resumePoint': finished,
  'runs.metrics': student,
  'runs.imageSteps': student,
  'runs.images': { ...student, step: 20 },
  'runs.artifacts': finished,
  'runs.pool': pooling,
  'runs.poolImages': { ...pooling, call: 1 },
  'runs.keptImages': { ...student, source: 'steps' },
  'runs.keptPixels': { ...student, source: 'steps', picks: [{ at: 20, indexes: [3, 0] }], longestSide: 64 },
  'runs.log': finished,
  'model.evaluate': { file: '/a.pt', data: member, attack: member, target: 0 },
  'model.findPixels': { file: '/a.pt', data: member },
  'model.inspect': { file: '/a.pt' },
  'model.export': { ...student, format: 'torch', path: '/a.pt' },
  'analyses.start': { ...finished, analysis: 'form-imageNumbers' },
  'analyses.list': finished,
  'analyses.get': { id: 'asked-1' },
  'analyses.cancel': { id: 'asked-1' },
  'analyses.remove': { id: 'asked-1' },
  'export.run': { ...finished, format: 'tensorboard', target: '/out/run' },
  'reproduce.read': { file: '/out/run.abdrun' },
  'reproduce.start': { file: '/out/run.abdrun' },
  'reproduce.verdict': finished,
  'studies.presets': {},
  'studies.read': { text: 'name: One\naxes: {seed: 0..2}\n' },
  'studies.write': { definition },
  'studies.plan': { definition },
  'studies.start': { definition },
  'studies.list': {},
  'studies.get': study,
  'studies.runs': study,
  'studies.analyses': study,
  'studies.pause': study,
  'studies.resume': study,
  'studies.cancel': { ...study, cells: [0, 1] },
  'studies.retry': study,
  'studies.extend': { ...study, path: 'seed', values: [{ label: '3', value: 3 }] },
  'studies.rename': { ...study, name: 'Another' },
  'studies.prioritize': { ...study, priority: 2 },
  'studies.reorder': { ...study, cells: [3] },
  'studies.delete': study,
  'executors.list': {},
  'executors.settings': { executor: 'slurm' },
  'executors.setSettings': { executor: 'slurm', change: { partition: 'gpu' } },
  'executors.script': { executor: 'slurm', change: { partition: 'cpu' } },
  'executors.check': { executor: 'slurm' },
  'runtime.state': {},
  'runtime.install': { variant: 'gpu' },
  'runtime.unpack': { file: '/usb/runtime.tar.gz' },
  'runtime.pause': {},
  'table.columns': { of: 'models' },
  'table.rows': { of: 'models', query: 'student', columns: ['accuracy'], order: [], offset: 0, limit: 10 },
  'table.keys': { of: 'runs', query: '', order: [] },
  'table.groups': { of: 'models', query: '', by: ['model'], measures: ['asr'], order: [], offset: 0, limit: 10 },
  'table.values': { of: 'models', query: '', columns: ['accuracy', 'attack'] },
  'table.models': { keys: ['fake-1/teacher'] },
  'table.pivot': { query: '' },
  'table.complete': { of: 'runs', query: 'att', cursor: 3 },
  'runs.delete': { runIds: ['fake-1'] },
  'runs.undelete': { runIds: ['fake-1'] },
  'runs.spareCheckpoints': {},
  'runs.freeSpace': {},
  'runs.elsewhere': { folder: '/other' },
  'runs.gather': { folder: '/other', runId: 'elsewhere-1' },
  'runs.emptyBin': {},
}

describe('the contract', () => {
  it('has answers and events of the declared shape', async () => {
    const engine = createFakeEngine({ finishedRuns: 1 })
    const heard = new Set<EngineEventName>()
    for (const name of Object.keys(events) as EngineEventName[])
      engine.subscribe(name, {}, (event) => {
        heard.add(name)
        expect(events[name].safeParse(event).error?.issues, name).toBeUndefined()
      })
    await engine.call('runs.start', { config: poolingConfig })
    engine.advance(20)
    for (const name of Object.keys(examples) as EngineCallName[]) {
      const answer = await engine.call(name, parseCall(name, examples[name]))
      expect(calls[name].result.safeParse(answer).error?.issues, name).toBeUndefined()
    }
    engine.dispose()
    expect([...heard].sort()).toEqual([
      'analysis.changed',
      'analysis.removed',
      'dataset.progress',
      'model.progress',
      'reproduce.progress',
      'run.changed',
      'run.exporting',
      'run.images',
      'run.metrics',
      'study.changed',
      'study.removed',
      'table.changed',
    ])
  })

  it('says which calls write', () => {
    const writing = (Object.keys(calls) as EngineCallName[]).filter((name) => calls[name].changes)
    expect(writing.sort()).toEqual(
      [
        'engine.setSettings',
        'executors.setSettings',
        'reproduce.start',
        ...[
          'start',
          'pause',
          'stop',
          'resume',
          'trainAgain',
          'rename',
          'note',
          'tag',
          'edit',
          'restore',
          'fork',
          'gather',
          'freeSpace',
          'twins',
          'cloneMany',
          'reorder',
          'delete',
          'undelete',
          'emptyBin',
        ].map((verb) => `runs.${verb}`),
        ...['start', 'pause', 'resume', 'cancel', 'retry', 'extend', 'rename', 'prioritize', 'reorder', 'delete'].map(
          (verb) => `studies.${verb}`,
        ),
        ...['start', 'cancel', 'remove'].map((verb) => `analyses.${verb}`),
        'views.save',
        'views.remove',
      ].sort(),
    )
  })
})

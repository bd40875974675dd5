import { describe, expect, it } from 'vitest'
import { checkStudy, expandStudy } from '../../../../src/main/engine/control/studies/expand'
import { readStudy } from '../../../../src/main/engine/control/studies/files'
import { writeStudyFile } from '../../../../src/main/engine/control/studies/file/write'
import { context, resolve, table } from './support'

const read = (text: string) => {
  const { definition, remarks } = readStudy(text, undefined, table)
  const cells = expandStudy(checkStudy(definition, context))
  const errors = cells
    .flatMap(({ config }) => resolve(config).issues)
    .filter(({ severity, path }) => severity === 'error' && !path.startsWith('data.params.'))
  expect(errors).toEqual([])
  expect(readStudy(writeStudyFile(definition, table), undefined, table).definition).toEqual(definition)
  const told = (place: string) =>
    remarks.filter(({ path }) => path === place).map(({ kind, message }) => `${kind}: ${message}`)
  const configs = cells.map(({ config }) => resolve(config).config)
  return { definition, cells, configs, told }
}

/** In the form of the reference's files, with other values. */
const zskt = (parameters: string, command = '') => `
name: a sweep
project: P
command:
- \${interpreter}
- \${program}
- --dataset=CIFAR10${' '}
${command}
- \${args}
method: grid
metric: {goal: maximize, name: Eval/test_acc}
parameters:
  seed: {values: [0, 4]}
  trigger_pattern: {values: [badnet_sq, blend]}
${parameters}
program: main.py
`

describe('a sweep of the reference', () => {
  it('becomes a study: what it varies, what stands fixed, and the undefended student', () => {
    const { definition, cells, configs, told } = read(
      zskt(
        '  poi_target: {values: [3]}',
        '- --teacher_architecture=WRN-40-2\n- --KL_temperature 0.5\n- --student_learning_rate=2e-3',
      ),
    )
    expect(definition).toMatchObject({ name: 'a sweep', base: { preset: 'published-badnet_grid' } })
    expect(definition.axes.map(({ path, values }) => [path, values?.map(({ label }) => label)])).toEqual([
      ['attack', ['badnet_sq', 'blend']],
      ['defenses', ['none']],
      ['seed', ['0', '4']],
    ])
    expect(cells).toHaveLength(4)
    expect(configs[3]).toMatchObject({
      seed: 4,
      data: { id: 'cifar10' },
      attack: { id: 'blend' },
      poisoning: { target: 3 },
      teacher: { architecture: { params: { depth: 40, width: 2 } } },
      distillation: { method: { params: { temperature: 0.5, pseudoBatches: 80_000, studentLearningRate: 0.002 } } },
      students: [{ defenses: [] }],
    })
    expect(told('parameters.seed')).toEqual(['read: axis seed: 0, 4'])
    expect(told('command --KL_temperature')).toEqual(['read: distillation.method.params.temperature = 0.5'])
    expect(told('metric')[0]).toContain('ignored')
  })

  it('has its defenses as an axis, with every variant that it tries', () => {
    const { definition, configs, told } = read(
      zskt(`  shuf_teacher: {values: [0.2, 0.]}
  pseudo_test_batches: {values: [60]}
  sup_backdoor: {values: [True, False]}
  sup_resume: {values: [pb79399.pth]}
  sup_pert_model: {values: [teacher]}
  use_hg: {values: [True]}
  inner_round: {values: [10, 20]}`),
    )
    const defenses = definition.axes.find(({ path }) => path === 'defenses')
    expect(defenses?.values?.map(({ label }) => label)).toEqual([
      'none',
      'sr rounds 10',
      'sr rounds 20',
      'sv',
      'sv+sr rounds 10',
      'sv+sr rounds 20',
    ])
    expect(configs.find(({ students }) => students[0]?.defenses.length === 2)?.students[0]?.defenses).toMatchObject([
      { id: 'sv', params: { coefficient: 0.2, testBatches: 60 } },
      { id: 'sr', params: { takeover: 600, rounds: 10, model: 'teacher', update: 'hypergradient', portion: 0.02 } },
    ])
    expect(told('parameters.sup_resume')).toEqual(['read: takeover of sr: 600'])
  })

  it('has the program’s defaults where the sweep names none, and says what has no counterpart', () => {
    const { configs, told } = read(
      zskt(
        '  sup_backdoor: {values: [True]}\n  neg_drop_loss: {values: [0.1]}\n  made_up: {values: [1]}\n  sup_resume: {values: [last.pth]}',
      ),
    )
    expect(configs[0]?.students[0]?.defenses[0]?.params).toMatchObject({ rounds: 1, model: 'student', takeover: 600 })
    expect(told('parameters.neg_drop_loss')[0]).toMatch(/^ignored: .*not offered here/)
    expect(told('parameters.made_up')[0]).toMatch(/^refused: is no parameter that is known here/)
    expect(told('parameters.sup_resume')[0]).toMatch(/^refused: wanted a checkpoint's name/)
  })

  it('leaves settings of a defense aside that is switched off', () => {
    const { configs, told } = read(zskt('  inner_round: {values: [10, 20]}'))
    expect(configs.every(({ students }) => students[0]?.defenses.length === 0)).toBe(true)
    expect(told('parameters.inner_round')).toEqual(['ignored: sr is switched off'])
  })

  it('reads a teacher’s folder as the settings in its name; a parameter beside it holds', () => {
    const path = '- --pretrained_models_path=target1-ratio0.2_e50-b256-adam-lr0.1-wd0.0005-cos-holdout0.05'
    const { configs, told } = read(zskt('  poi_target: {values: [2]}', path))
    expect(configs[0]).toMatchObject({
      poisoning: { target: 2, ratio: 0.2, holdout: 0.05 },
      teacher: { training: { epochs: 50, batchSize: 256, optimizer: 'adam', learningRate: 0.1, schedule: 'cosine' } },
    })
    expect(told('parameters.poi_target')[1]).toContain('name says poisoning.target = 1; 2 holds')
  })

  it('of the other programs counts epochs as pseudo batches', () => {
    const other = (program: string, method: string) => `
command: ["--dataset=cifar10", "${method}"]
method: grid
parameters:
  trigger: {values: [trojan_wm]}
  epochs: {value: 100}
  unlearn: {values: [True]}
  unlearn_resume: {values: [96.pth]}
program: ${program}
`
    const [cmi] = read(other('datafree_kd.py', '--method=cmi')).configs
    expect(cmi?.distillation.method).toMatchObject({ id: 'cmi', params: { pseudoBatches: 100 } })
    expect(cmi?.students[0]?.defenses[0]?.params).toMatchObject({ takeover: 3, emptyPool: true })
    const [ood] = read(other('vanilla_kd_ood.py', '--lr=0.001')).configs
    expect(ood?.students[0]?.defenses[0]?.params).toMatchObject({ takeover: 3 * 97 })
  })
})

describe('another sweep', () => {
  it('is read where its parameters are named as ours, with ranges and strategy', () => {
    const { definition, remarks } = readStudy(
      `
method: bayes
run_cap: 30
program: train.py
early_terminate: {type: hyperband}
parameters:
  poisoning.ratio: {distribution: log_uniform_values, min: 0.01, max: 0.2}
  teacher.training.epochs: {min: 4, max: 20}
  attack.params.ratio: {distribution: normal, mu: 0, sigma: 1, min: 0, max: 1}
  nested: {parameters: {a: {value: 1}}}
  poisoning.ration: {value: 1}
`,
      undefined,
      table,
    )
    expect(definition.strategy).toEqual({ id: 'tpe', params: { trials: 30 } })
    expect(definition.axes).toEqual([
      { path: 'poisoning.ratio', range: { low: 0.01, high: 0.2, logarithmic: true } },
      { path: 'teacher.training.epochs', range: { low: 4, high: 20, integer: true } },
    ])
    expect(remarks.filter(({ kind }) => kind === 'refused').map(({ path }) => path)).toEqual([
      'program',
      'parameters.attack.params.ratio',
      'parameters.nested',
      'parameters.poisoning.ration',
    ])
    expect(remarks.find(({ path }) => path === 'parameters.poisoning.ration')?.message).toContain('poisoning.ratio')
    expect(() => checkStudy(definition, context)).not.toThrow()
  })
})

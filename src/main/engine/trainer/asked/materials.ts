/** What asked analyses look at: each is made when one names it, from weights, checkpoints and kept grids on disk. */
import { RefusedInputError } from '../../../../shared/errors'
import { architectures } from '../../families/architectures'
import type {
  AskedMaterials,
  AskedNeed,
  AskedStudent,
  NamedTrigger,
  OpenNetwork,
} from '../../families/analyses/askedTypes'
import { attacks, createTrigger } from '../../families/attacks'
import type { LoadedDataset } from '../../families/datasets/types'
import type { StepProgram } from '../../graph/types'
import { decodeGrid } from '../../images/imageGrid'
import { evenlyByClass, selectImages } from '../../images/imageSets'
import type { Classifier } from '../../maths/nn/types'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import type { AnalysedStage, AnalyseJob } from '../../protocol/messages'
import { normalizationOf, testSetsOf } from '../data'
import { openClassifier } from '../models'
import { openGeneratorProbe } from './generatorProbe'
import { createOpenNetwork } from './openNetwork'
import { createVaccineProbe } from './shuffledTeachers'
import { createRedrawnPerturbations } from './redrawnPerturbations'
import { openStudent } from './studentNetwork'

export type Materials = { readonly [Need in AskedNeed]: () => Promise<AskedMaterials[Need]> }

export interface MaterialsInput {
  readonly job: AnalyseJob
  readonly dataset: LoadedDataset
  readonly program: StepProgram
}

/** Made at the first call. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}

function titleOf({ config }: AnalyseJob, kind: AnalysedStage['kind']): string {
  const choice = kind === 'teacher' ? config.teacher.architecture : config.distillation.architecture
  const opened = architectures.openLeniently(choice)
  return opened ? opened.member.label(opened.values) : choice.id
}

export function createMaterials(input: MaterialsInput): Materials {
  const { job, dataset, program } = input
  const normalization = normalizationOf(job.config, dataset)
  // Students beside a teacher that is asked about lend their kept images; their networks, at any step, are not asked.
  const isOfTeacher = job.stages[0]?.kind === 'teacher'
  const teacher = once(async () => {
    const { classifier } = await openClassifier(job.teacher, dataset, { architecture: job.config.teacher.architecture })
    return classifier
  })
  const networkOf = (name: string, kind: AnalysedStage['kind'], classifier: Classifier): OpenNetwork =>
    createOpenNetwork({ program, name, title: titleOf(job, kind), classifier, image: dataset.train, normalization })
  const teacherNetwork = once(async () => networkOf('teacher', 'teacher', await teacher()))
  const studentOf = async (stage: AnalysedStage): Promise<AskedStudent> => {
    const classifier = isOfTeacher ? null : await openStudent(stage, job, dataset)
    return {
      stageId: stage.id,
      title: stage.title,
      network: classifier && networkOf(stage.id, 'student', classifier),
      keptSteps: listCheckpoints(stage.folder)
        .map(({ step }) => step)
        .sort((left, right) => left - right),
      async networkAt(step) {
        const opened = await openStudent(stage, { ...job, step }, dataset)
        if (!opened) throw nothingToOpen(stage)
        return networkOf(`${stage.id}@${step}`, 'student', opened)
      },
      kept: {
        steps: stage.keptImages.map(({ step, layout: { count } }) => ({ step, count })),
        read: (step) => keptAt(stage, step),
      },
      recorded: stage.recorded,
    }
  }
  const vaccine = once(async () => createVaccineProbe({ program, teacher: await teacher(), normalization }))
  const students = once(() => Promise.all(job.stages.filter(({ kind }) => kind === 'student').map(studentOf)))
  const testSets = once(() => testSetsOf(dataset, job.config.attack, job.config.poisoning.target))
  return {
    teacher: teacherNetwork,
    students,
    model: once(async () => {
      const [stage] = job.stages
      if (!stage || stage.kind === 'teacher') return teacherNetwork()
      const [student] = await students()
      if (!student?.network) throw nothingToOpen(stage)
      return student.network
    }),
    vaccine,
    generator: once(async () => {
      const [probe, stage] = [await vaccine(), job.stages.find(({ kind }) => kind === 'student')]
      if (!probe || !stage) return null
      return openGeneratorProbe({ job, stage, dataset, program, teacher: await teacher(), vaccine: probe })
    }),
    shuffledTeachers: async () => (await vaccine())?.shuffled ?? null,
    perturbations: once(async () =>
      createRedrawnPerturbations({ job, dataset, normalization, teacher: await teacher() }),
    ),
    testImages: async () => {
      const { clean, triggered } = await testSets()
      return (most) => {
        const places = evenlyByClass(clean.labels, most)
        return { clean: selectImages(clean, places), triggered: triggered && selectImages(triggered, places) }
      }
    },
    trigger: once(() => triggerOfRun(input)),
    triggers: once(() => allTriggers(input)),
  }
}

const nothingToOpen = ({ title, id }: AnalysedStage): RefusedInputError =>
  new RefusedInputError(`${title} has neither weights nor a checkpoint.`, {
    wanted: 'a stage that is done, or was paused or stopped',
    got: 'nothing to open',
    where: id,
    action: 'Choose another stage, or wait until it is done.',
  })

async function keptAt({ keptImages, title }: AnalysedStage, step: number) {
  const grid = keptImages.find((kept) => kept.step === step)
  if (!grid) throw new RefusedInputError(`${title} kept no images at step ${step}.`, { got: String(step) })
  const { count, height, width, channels } = grid.layout
  const pixels = await decodeGrid(grid.file, grid.layout)
  return { count, height, width, channels, pixels, labels: new Int32Array(count) }
}

async function triggerOfRun({ job: { config }, dataset }: MaterialsInput): Promise<NamedTrigger> {
  const trigger = await createTrigger(attacks, config.attack, { ...dataset.train, dataset: dataset.id })
  return { id: config.attack.id, title: attacks.get(config.attack.id).title, trigger }
}

/** The run's own first; those that want a file, or another size of images, are left out. */
async function allTriggers(input: MaterialsInput): Promise<NamedTrigger[]> {
  const { job, dataset } = input
  const own = await triggerOfRun(input)
  const others: NamedTrigger[] = []
  for (const { id, title } of attacks.members) {
    if (id === job.config.attack.id) continue
    try {
      const trigger = await createTrigger(attacks, { id, params: {} }, { ...dataset.train, dataset: dataset.id })
      others.push({ id, title, trigger })
    } catch (error) {
      if (!(error instanceof RefusedInputError)) throw error
    }
  }
  return [own, ...others]
}

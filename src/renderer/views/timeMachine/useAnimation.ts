import { shallowRef } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import type { MetricDefinition } from '@shared/schema'
import { useConnection } from '../../api/connection'
import { toImageData } from '../../components/pixels'
import { useNewestTask } from '../../composables/useNewestTask'
import { compact, grouped, missing, percent } from '../../format/numbers'
import { useNoticesStore } from '../../stores/notices'
import type { ShownStudent } from '../../students/useStudents'
import type { AnimationFormat } from './animationWriters'
import type { FrameInput, FrameRoom } from './framePicture'
import { matrixKinds, matrixView, type MatrixKind } from './matrixKinds'
import { planeOf } from './momentPlane'
import { isAbsent, playingTime, type Absence, type Moment, type Traced } from './moments'
import type { KeptAt } from './useKeptAt'
import type { MatricesAt } from './useMatrices'
import type { TimeMachine } from './useTimeMachine'

/** Of more evaluations so many are taken, evenly, the last one among them. */
export const mostFrames = 240
/** Of each student in a frame. */
const mostImages = 24
/** Columns of numbers beside accuracy and ASR that a frame has room for. */
const mostMetrics = 3
/** The last frame stays for so many milliseconds before it begins again. */
const lastTime = 2000

export interface AnimationSource {
  readonly machine: TimeMachine
  readonly imagesAt: (of: readonly ShownStudent[], at: number, signal: AbortSignal) => Promise<KeptAt>
  readonly matricesAt: (of: readonly ShownStudent[], at: number, signal: AbortSignal) => Promise<MatricesAt>
  readonly kind: () => MatrixKind
}

/** The steps to draw. */
export const framesOf = (steps: readonly number[]): number[] => {
  const count = Math.min(mostFrames, steps.length)
  return Array.from(
    { length: count },
    (_, frame) => steps[count < 2 ? steps.length - 1 : Math.round((frame * (steps.length - 1)) / (count - 1))] ?? 0,
  )
}

/** What all frames of one animation show, whatever is chosen in the page while they are drawn. */
interface AnimationSubject {
  readonly traced: readonly Traced[]
  readonly metrics: readonly (MetricDefinition & { readonly name: string })[]
  readonly kind: MatrixKind
  readonly stepTitle: string
}

/** Writes all evaluated steps as a moving picture, or as a picture each in one archive. */
export function useAnimation({ machine, imagesAt, matricesAt, kind }: AnimationSource) {
  const { host } = useConnection()
  const notices = useNoticesStore()
  const task = useNewestTask()
  const progress = shallowRef<{ done: number; of: number } | null>(null)

  async function inputAt(
    subject: AnimationSubject,
    at: number,
    signal: AbortSignal,
  ): Promise<Omit<FrameInput, 'room'>> {
    const { traced, metrics, kind, stepTitle } = subject
    const students = traced.map(({ student }) => student)
    const [images, matrices] = await Promise.all([imagesAt(students, at, signal), matricesAt(students, at, signal)])
    const moments = machine.momentsAt(traced, at)
    return {
      title: `${stepTitle} ${grouped(at)}`,
      heads: ['Accuracy', 'ASR', ...metrics.map(({ title }) => title)],
      plane: planeOf(traced, moments, at),
      matrixTitle: `Confusion, ${(matrixKinds.find(({ id }) => id === kind)?.title ?? '').toLowerCase()}`,
      students: moments.map((moment) => {
        const { key, name, look } = moment.student
        const matrix = matrices.get(key) ?? 'none'
        return {
          ...{ key, name, look: look ?? { color: '#808080', marker: 'circle', dash: [] } },
          cells: cellsOf(moment, metrics),
          strip: stripOf(images.get(key) ?? 'none'),
          matrix: isAbsent(matrix) ? null : matrixView(matrix.artifact, kind),
        }
      }),
    }
  }
  async function drawn(format: AnimationFormat, signal: AbortSignal): Promise<Uint8Array> {
    const steps = framesOf(machine.steps.value)
    const subject: AnimationSubject = {
      traced: machine.traced.value,
      metrics: machine.defenseMetrics.value.slice(0, mostMetrics),
      kind: kind(),
      stepTitle: machine.stepTitle.value,
    }
    const [{ framePicture }, { canvasOf }, { animationWriters }] = await Promise.all([
      import('./framePicture'),
      import('../../format/picture'),
      import('./animationWriters'),
    ])
    const writer = animationWriters[format]()
    const room = roomOf(await inputAt(subject, steps.at(-1) ?? 0, signal))
    for (const [index, at] of steps.entries()) {
      const picture = framePicture({ ...(await inputAt(subject, at, signal)), room })
      signal.throwIfAborted()
      const time = index === steps.length - 1 ? lastTime : playingTime(steps.length)
      await writer.add(await canvasOf(picture, 1), { at, time })
      progress.value = { done: index + 1, of: steps.length }
    }
    return writer.finish()
  }
  const save = (format: AnimationFormat): Promise<unknown> =>
    notices.attempt('The animation could not be saved.', async () => {
      progress.value = { done: 0, of: framesOf(machine.steps.value).length }
      try {
        const outcome = await task.run((signal) => drawn(format, signal))
        if (outcome.kind === 'failed') throw outcome.error
        if (outcome.kind === 'overtaken') return
        const file =
          format === 'gif'
            ? { name: 'time-machine.gif', type: 'image/gif' }
            : { name: 'time-machine.zip', type: 'application/zip' }
        await host.saveFile({ ...file, data: outcome.value })
      } finally {
        progress.value = null
      }
    })
  return { progress, save, cancel: () => task.abort() }
}

const cellsOf = (
  { accuracy, asr, defense }: Moment,
  metrics: readonly (MetricDefinition & { readonly name: string })[],
): string[] => [
  percent(accuracy?.value),
  percent(asr?.value),
  ...metrics.map(({ name, unit }) => {
    const value = defense.get(name)
    if (value === undefined) return missing
    return unit === '%' ? percent(value) : compact(value)
  }),
]

/** What the last frame needs: nothing becomes less. */
const roomOf = ({ students }: Pick<FrameInput, 'students'>): FrameRoom => ({
  images: Math.max(0, ...students.map(({ strip }) => strip?.images ?? 0)),
  matrices: students.some(({ matrix }) => matrix !== null),
})

/** The first images in one row, as a picture's address. */
function stripOf(batch: SyntheticImages | Absence): FrameInput['students'][number]['strip'] {
  if (isAbsent(batch)) return null
  const images = Math.min(mostImages, batch.count)
  if (images === 0) return null
  const canvas = document.createElement('canvas')
  canvas.width = images * batch.width
  canvas.height = batch.height
  const context = canvas.getContext('2d')
  if (!context) return null
  for (let index = 0; index < images; index++) context.putImageData(toImageData(batch, index), index * batch.width, 0)
  return { href: canvas.toDataURL('image/png'), images }
}

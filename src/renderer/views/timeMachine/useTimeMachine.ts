import { computed, onScopeDispose, ref, watch } from 'vue'
import { timeMachineOf } from '../../composables/studentAddress'
import { useFollowedChoice } from '../../composables/useFollowedChoice'
import { useStudents } from '../../students/useStudents'
import { useEngineStore } from '../../stores/engine'
import { metricNamesOf, pointsOf, useMetricsStore } from '../../stores/metrics'
import { evaluatedSteps, imagesOf, placeAt, playingTime, pointAt, rateAt, type Moment, type Traced } from './moments'

/** One to four students at one of the steps at which they were evaluated. */
export function useTimeMachine() {
  const engine = useEngineStore()
  const metrics = useMetricsStore()
  const students = useStudents(timeMachineOf)
  const traced = computed(() =>
    students.students.value.map((student): Traced => {
      const history = metrics.open(student)
      return { student, history, accuracy: pointsOf(history, 'accuracy'), asr: pointsOf(history, 'asr') }
    }),
  )
  const steps = computed(() => evaluatedSteps(traced.value.map(({ accuracy }) => accuracy)))
  const choice = useFollowedChoice(
    () => steps.value,
    () => students.students.value.map(({ key }) => key).join(),
  )
  const step = choice.value

  /** Metrics of defenses that some of them has, in the order of the catalogue. */
  const defenseMetrics = computed(() =>
    metricNamesOf(traced.value.map(({ history }) => history)).flatMap((name) => {
      const definition = engine.metricDefinition(name)
      return definition?.group === 'defense' ? [{ name, ...definition }] : []
    }),
  )
  function momentOf({ student, history, accuracy, asr }: Traced, at: number): Moment {
    const images = imagesOf(student.model?.evaluation)
    const defense = defenseMetrics.value.flatMap(({ name }): [string, number][] => {
      const point = pointAt(pointsOf(history, name), at)
      return point ? [[name, point.value]] : []
    })
    return {
      student,
      step: pointAt(accuracy, at)?.step ?? null,
      accuracy: rateAt(accuracy, at, images.accuracy),
      asr: rateAt(asr, at, images.asr),
      defense: new Map(defense),
    }
  }
  const momentsAt = (of: readonly Traced[], at: number): Moment[] => of.map((one) => momentOf(one, at))
  const moments = computed(() => momentsAt(traced.value, step.value ?? 0))

  const player = usePlayer(choice.position, () => steps.value.length, choice.choose)
  const stepTitle = computed(() =>
    traced.value.length > 0 && traced.value.every(({ student: { model } }) => usesRealImages(model?.method))
      ? 'Batch'
      : 'Pseudo batch',
  )
  const usesRealImages = (method: string | null | undefined): boolean =>
    engine.member('distillation', method ?? '')?.facts['usesRealImages'] === true
  const failed = computed(() => traced.value.filter(({ history }) => history.state.value === 'failed'))
  const reading = computed(() => traced.value.some(({ history }) => history.state.value === 'loading'))
  /** The step that was evaluated last before a number, or at it. */
  const chooseAt = (wanted: number): void => choice.choose(Math.max(0, placeAt(steps.value, wanted)))
  return {
    ...{ students, traced, steps, step, position: choice.position, following: choice.following },
    ...{ choose: choice.choose, chooseAt, moments, momentsAt, defenseMetrics, stepTitle, failed, reading, ...player },
    retry: ({ student }: Traced) => metrics.refresh(student),
  }
}
export type TimeMachine = ReturnType<typeof useTimeMachine>

/** From where it is to the last step; from the first one where it is there already. */
function usePlayer(position: Readonly<{ value: number }>, count: () => number, choose: (position: number) => void) {
  const playing = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  function advance(): void {
    if (position.value >= count() - 1) {
      playing.value = false
      return
    }
    choose(position.value + 1)
    timer = setTimeout(advance, playingTime(count()))
  }
  watch(playing, (now) => {
    clearTimeout(timer)
    if (!now) return
    if (position.value >= count() - 1) choose(0)
    timer = setTimeout(advance, playingTime(count()))
  })
  onScopeDispose(() => clearTimeout(timer))
  return { playing }
}

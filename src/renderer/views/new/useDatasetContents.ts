import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { DatasetLoading } from '@shared/contract'
import type { ExperimentConfig, MemberChoice } from '@shared/domain'
import type { MemberDescription } from '@shared/schema'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'

/** Rows before "show all". */
export const shortList = 10
const picturesPerClass = 8
/** The engine's limit of one answer, and bytes that every carrier brings at once. */
const imageLimit = 512
const byteLimit = 8e6

/** The description of the chosen data set, and what has to be done before there is one. */
function useDatasetInfo(
  choice: () => MemberChoice,
  member: () => MemberDescription | undefined,
  enabled: () => boolean,
) {
  const { engine } = useConnection()
  const data = computed(choice)
  /** The path that has to be named before there is anything to look at. */
  const missing = computed(() => {
    const [entry] = Object.entries(member()?.params ?? {}).filter(
      ([name, field]) =>
        field.kind === 'path' &&
        field.optional !== true &&
        String(data.value.params[name] ?? field.default).trim() === '',
    )
    return entry ? { path: `data.params.${entry[0]}`, label: entry[1].label } : null
  })
  const asked = computed(() => (enabled() && missing.value === null ? { config: { data: data.value } } : null))
  const query = useEngineQuery('dataset.info', () => asked.value, 350)
  /** Of this data set, with these parameters once `query.pending` is over. */
  const info = computed(() =>
    query.data.value?.id === data.value.id && query.error.value === null ? query.data.value : null,
  )

  const loading = shallowRef<DatasetLoading | null>(null)
  onScopeDispose(
    engine.subscribe('dataset.loading', {}, (event) => {
      if (event.dataset === data.value.id && query.pending.value) loading.value = event
    }),
  )
  watch(query.pending, () => {
    loading.value = null
  })

  return { data, asked, query, info, missing, loading }
}

/** The classes on show, and pictures of them. */
function useClassPictures(
  { data, asked, query, info }: Pick<ReturnType<typeof useDatasetInfo>, 'data' | 'asked' | 'query' | 'info'>,
  target: () => number,
) {
  const all = ref(false)
  watch(
    () => data.value.id,
    () => {
      all.value = false
    },
  )
  /** The classes on show; the target's is never hidden. */
  const shown = computed(() => {
    const classes = (info.value?.classNames ?? []).map((_name, label) => label)
    return all.value || classes.length <= shortList
      ? classes
      : classes.filter((label) => label < shortList || label === target())
  })
  const perClass = computed(() => {
    if (!info.value) return 0
    const { height, width, channels } = info.value
    const images = Math.min(imageLimit, Math.floor(byteLimit / (height * width * channels)))
    return Math.max(1, Math.min(picturesPerClass, Math.floor(images / Math.max(1, shown.value.length))))
  })
  const pictures = useEngineQuery(
    'dataset.images',
    () =>
      asked.value && info.value && !query.pending.value
        ? { ...asked.value, split: 'train', classes: shown.value.slice(0, imageLimit), perClass: perClass.value }
        : null,
    0,
  )
  /** Where a class's pictures lie in the answer; none until the answer is that of the classes on show. */
  const places = computed(() => {
    const found = new Map<number, number[]>()
    if (pictures.pending.value || pictures.error.value !== null) return found
    pictures.data.value?.labels.forEach((label, index) => found.set(label, [...(found.get(label) ?? []), index]))
    return found
  })
  return { all, shown, perClass, pictures, places }
}

/** What the chosen data set contains, asked again when its parameters change. `enabled`: its parameters are valid. */
export function useDatasetContents(
  config: () => ExperimentConfig,
  member: () => MemberDescription | undefined,
  enabled: () => boolean,
) {
  const contents = useDatasetInfo(() => config().data, member, enabled)
  const target = computed(() => config().poisoning.target)
  const classes = useClassPictures(contents, () => target.value)
  return { ...contents, ...classes, target }
}
export type DatasetContents = ReturnType<typeof useDatasetContents>

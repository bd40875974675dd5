import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { RuntimeFailureKind, RuntimeState, RuntimeVariant, RuntimeVariantId } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { bytes } from '../../format/numbers'
import { timeLeft } from '../../format/times'

const failureTitles: Readonly<Record<RuntimeFailureKind, string>> = {
  offline: 'The package index cannot be reached.',
  disk: 'There is not enough room on the disk.',
  hash: 'What came is not the file that is wanted.',
  index: 'The package index does not give the file.',
  other: 'TensorFlow could not be set up.',
}

const phaseWords = {
  fetching: 'Fetching',
  checking: 'Checking',
  unpacking: 'Unpacking',
  packing: 'Packing',
} as const

/** "Fetching tensorflow-cpu: 120 MB of 274 MB, 12.1 MB/s, 13 s left". */
function progressLine(task: NonNullable<RuntimeState['task']>): string {
  const { progress, message } = task
  if (!progress) return message ?? 'Beginning…'
  const amount = `${bytes(progress.done)} of ${bytes(progress.total)}`
  const speed = progress.bytesPerSecond === null ? [] : [`${bytes(progress.bytesPerSecond)}/s`]
  const left = progress.secondsLeft === null ? [] : [timeLeft(progress.secondsLeft)]
  return `${phaseWords[progress.phase]} ${progress.item}: ${[amount, ...speed, ...left].join(', ')}`
}

/** Bytes that must be free: what is still to come, and what it unpacks to. */
export const bytesNeeded = ({ fetchBytes, fetchedBytes, diskBytes }: RuntimeVariant): number =>
  fetchBytes - fetchedBytes + diskBytes

/**
 * TensorFlow as the engine has it: what there is, what can be chosen, what is on its way. Leaving the page ends
 * nothing.
 * @param onReady called once when a task of this page has made runs possible
 */
export function useRuntimeSetup(onReady: () => void) {
  const { engine, onReopen } = useConnection()
  const state = shallowRef<RuntimeState | null>(null)
  const error = shallowRef<unknown>(null)
  const chosen = ref<RuntimeVariantId | null>(null)
  const asking = ref(false)

  function take(next: RuntimeState): void {
    const had = state.value
    state.value = next
    chosen.value ??= next.task?.variant ?? next.variants.find(({ active }) => active)?.id ?? next.suggested
    if (had?.task && !next.task && next.ready && !next.failure && !next.paused) onReady()
  }
  async function ask<K extends 'runtime.state' | 'runtime.install' | 'runtime.unpack' | 'runtime.pause'>(
    name: K,
    args: CallArgs<K>,
  ): Promise<void> {
    asking.value = true
    error.value = null
    try {
      take(await engine.call(name, args))
    } catch (failure) {
      error.value = failure
    }
    asking.value = false
  }
  const load = (): Promise<void> => ask('runtime.state', {})
  onScopeDispose(engine.subscribe('runtime.changed', {}, take))
  onScopeDispose(onReopen(() => void load()))
  void load()

  const variant = computed(() => state.value?.variants.find(({ id }) => id === chosen.value) ?? null)
  const fraction = computed(() => {
    const progress = state.value?.task?.progress
    return progress ? progress.done / Math.max(1, progress.total) : null
  })
  const line = computed(() => (state.value?.task ? progressLine(state.value.task) : ''))
  const failureTitle = computed(() => (state.value?.failure ? failureTitles[state.value.failure.kind] : ''))
  const tooFull = computed(() => {
    const { value } = variant
    return value !== null && state.value !== null && !value.installed && state.value.freeBytes < bytesNeeded(value)
  })
  return {
    state,
    error,
    chosen,
    asking,
    variant,
    fraction,
    line,
    failureTitle,
    tooFull,
    load,
    install: () => (chosen.value ? ask('runtime.install', { variant: chosen.value }) : Promise.resolve()),
    unpack: (file: string) => ask('runtime.unpack', { file }),
    pause: () => ask('runtime.pause', {}),
  }
}

import { computed, onScopeDispose, ref, watch } from 'vue'
import { ExhaustiveError } from '@shared/errors'
import { differenceOf, spectrumImage, spectrumOf, type OneImage } from './lookMaths'

/** Beside each other; of more the first ones are shown. */
export const mostCompared = 12
/** A switch is seen, and each image long enough to be looked at; below three flashes a second. */
const blinkMilliseconds = 500

export const lookModes = [
  { id: 'images', title: 'Images', least: 1 },
  { id: 'blink', title: 'Blink', least: 2 },
  { id: 'difference', title: 'Difference ×8', least: 2 },
  { id: 'spectrum', title: 'Spectrum', least: 1 },
] as const
export type LookMode = (typeof lookModes)[number]['id']

export interface LookedAt {
  readonly key: number
  readonly title: string
  /** Null until it has come, and where it cannot be read. */
  readonly image: OneImage | null
  readonly fault: string | null
}

/** One to twelve images looked at closely: beside each other, in turn, against the first one, or as spectra. */
export function useCloseLook(images: () => readonly LookedAt[]) {
  const chosen = ref<LookMode>('images')
  const modes = computed(() => lookModes.filter(({ least }) => images().length >= least))
  const mode = computed<LookMode>(() => (modes.value.some(({ id }) => id === chosen.value) ? chosen.value : 'images'))

  const turn = ref(0)
  const playing = ref(true)
  let timer: ReturnType<typeof setInterval> | undefined
  watch(
    () => mode.value === 'blink' && playing.value,
    (blinks) => {
      clearInterval(timer)
      if (blinks) timer = setInterval(() => advance(1), blinkMilliseconds)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearInterval(timer))
  function advance(by: number): void {
    const count = Math.max(1, images().length)
    turn.value = (((turn.value + by) % count) + count) % count
  }

  /** On one scale: the largest magnitude of all is white. */
  const spectra = computed(() => {
    const found = images().map((one) => ({ one, magnitudes: one.image && spectrumOf(one.image) }))
    let largest = 0
    for (const { magnitudes } of found) for (const value of magnitudes ?? []) largest = Math.max(largest, value)
    return found.map(({ one, magnitudes }): LookedAt =>
      one.image && magnitudes ? { ...one, image: spectrumImage(magnitudes, one.image, largest) } : one,
    )
  })
  const drawn = computed(() => drawnIn(mode.value))
  /** What is drawn of each, in the mode; why not where nothing can be. */
  function drawnIn(shown: LookMode): readonly LookedAt[] {
    const all = images()
    switch (shown) {
      case 'images':
        return all
      case 'blink':
        return all.filter((_, index) => index === turn.value % all.length)
      case 'difference':
        return all.slice(1).map((one) => againstFirst(one, all[0]?.image ?? null))
      case 'spectrum':
        return spectra.value
      default:
        throw new ExhaustiveError(shown)
    }
  }
  return { chosen, mode, modes, drawn, turn, playing, advance }
}

function againstFirst(one: LookedAt, first: OneImage | null): LookedAt {
  if (!one.image || !first) return one
  const image = differenceOf(one.image, first)
  return { ...one, image, fault: image ? null : 'It has another size than the first one.' }
}

import { onScopeDispose, reactive, watch } from 'vue'
import type { TriggerPreview } from '@shared/contract'
import type { ExperimentConfig, MemberChoice } from '@shared/domain'
import { memberDefaults, type MemberDescription } from '@shared/schema'
import { useConnection } from '../../api/connection'

export type Thumbnail =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'drawn'; readonly preview: TriggerPreview }

/** Answers that are kept: some data sets and parameters back. */
const kept = 120
const debounce = 300
const cache = new Map<string, TriggerPreview>()

type Asked = Pick<ExperimentConfig, 'data' | 'attack'> & {
  poisoning: Pick<ExperimentConfig['poisoning'], 'target'>
  teacher: Pick<ExperimentConfig['teacher'], 'source'>
}

/** Pictures by attack, drawn one by one; what is asked for twice is drawn once. */
function useThumbnailDrawing() {
  const { engine } = useConnection()
  const thumbnails = reactive(new Map<string, Thumbnail>())
  /** What failed is asked again only when something changes, or on request. */
  const failed = new Map<string, string>()
  const running = new Map<string, { key: string; controller: AbortController }>()

  /** Returns whether there was something to cancel. */
  function cancel(id: string): boolean {
    running.get(id)?.controller.abort()
    return running.delete(id)
  }
  async function ask(id: string, asked: Asked, key: string): Promise<void> {
    cancel(id)
    const controller = new AbortController()
    const { signal } = controller
    running.set(id, { key, controller })
    if (thumbnails.get(id)?.state !== 'drawn') thumbnails.set(id, { state: 'loading' })
    try {
      const preview = await engine.call(
        'experiment.triggerPreview',
        { config: { ...asked }, count: 1, poisonable: true },
        signal,
      )
      if (cache.size >= kept) cache.delete(cache.keys().next().value ?? '')
      cache.set(key, preview)
      if (!signal.aborted) thumbnails.set(id, { state: 'drawn', preview })
    } catch (error) {
      if (signal.aborted) return
      failed.set(id, key)
      thumbnails.set(id, { state: 'failed', error })
    } finally {
      if (running.get(id)?.controller === controller) running.delete(id)
    }
  }
  function draw(id: string, asked: Asked): void {
    const key = JSON.stringify(asked)
    const known = cache.get(key)
    if (known) {
      cancel(id)
      thumbnails.set(id, { state: 'drawn', preview: known })
    } else if (running.get(id)?.key !== key && failed.get(id) !== key) void ask(id, asked, key)
  }
  function forget(id: string): void {
    thumbnails.delete(id)
    failed.delete(id)
  }
  onScopeDispose(() => [...running.keys()].forEach(cancel))
  return { thumbnails, draw, cancel, forget }
}

/**
 * One image with and without the trigger of each attack, on the chosen data set, for those attacks that are in sight.
 * The chosen attack is shown with its parameters, the others with their defaults.
 */
export function useAttackThumbnails(
  config: () => ExperimentConfig,
  members: () => readonly MemberDescription[],
  enabled: () => boolean,
) {
  const seen = new Set<string>()
  const { thumbnails, draw, cancel, forget } = useThumbnailDrawing()

  const choiceOf = (member: MemberDescription): MemberChoice =>
    member.id === config().attack.id ? config().attack : { id: member.id, params: memberDefaults(member) }
  /** What the picture depends on. */
  function askedOf(member: MemberDescription): Asked {
    const { data, poisoning, teacher } = config()
    return {
      data,
      attack: choiceOf(member),
      poisoning: { target: poisoning.target },
      teacher: { source: teacher.source },
    }
  }
  function refresh(): void {
    if (!enabled()) return
    for (const member of members().filter(({ id }) => seen.has(id))) draw(member.id, askedOf(member))
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    () => JSON.stringify([enabled(), ...members().map(askedOf)]),
    () => {
      clearTimeout(timer)
      timer = setTimeout(refresh, debounce)
    },
  )
  onScopeDispose(() => clearTimeout(timer))
  /** Told when an attack comes into sight, or leaves it before it was drawn. */
  function look(id: string, inSight: boolean): void {
    if (inSight) {
      seen.add(id)
      refresh()
    } else if (cancel(id)) seen.delete(id)
  }
  function retry(id: string): void {
    forget(id)
    refresh()
  }
  return { thumbnails, look, retry }
}

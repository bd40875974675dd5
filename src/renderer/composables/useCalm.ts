import { onScopeDispose, shallowRef, watch, type Ref } from 'vue'

/**
 * What a source gives, renewed at most every so many milliseconds: for what is costly to follow from records that
 * change several times a second.
 */
export function useCalm<T>(source: () => T, milliseconds: number): Readonly<Ref<T>> {
  const calm = shallowRef(source()) as Ref<T>
  let timer: ReturnType<typeof setTimeout> | undefined
  let renewed = Date.now()
  const renew = (): void => {
    timer = undefined
    renewed = Date.now()
    calm.value = source()
  }
  watch(source, () => {
    timer ??= setTimeout(renew, Math.max(0, renewed + milliseconds - Date.now()))
  })
  onScopeDispose(() => clearTimeout(timer))
  return calm
}

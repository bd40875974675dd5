import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

/** Width and height of an element as they are now, in pixels; 0 while it is not there. */
export function useElementSize(element: Readonly<Ref<HTMLElement | null>>) {
  const width = ref(0)
  const height = ref(0)
  const observer = new ResizeObserver(([entry]) => {
    const box = entry?.target as HTMLElement | undefined
    width.value = box?.clientWidth ?? 0
    height.value = box?.offsetHeight ?? 0
  })
  watch(
    element,
    (box) => {
      observer.disconnect()
      if (box) observer.observe(box)
    },
    { immediate: true, flush: 'post' },
  )
  onScopeDispose(() => observer.disconnect())
  return { width: readonly(width), height: readonly(height) }
}

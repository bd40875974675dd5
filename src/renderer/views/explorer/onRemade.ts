import { onScopeDispose, watch } from 'vue'
import { useConnection } from '../../api/connection'
import type { Lane } from './useLanes'

/** Tells when images of a lane may have been made again since they were read: its run went on from an earlier step. */
export function onRemade(lanes: () => readonly Pick<Lane, 'number' | 'remade'>[], listener: () => void): void {
  const { onReopen } = useConnection()
  const known = new Map<number, number>()
  watch(
    () => lanes().map(({ number, remade }) => [number, remade] as const),
    (now) => {
      const isRemade = now.some(([lane, remade]) => (known.get(lane) ?? remade) !== remade)
      for (const [lane, remade] of now) known.set(lane, remade)
      if (isRemade) listener()
    },
    { immediate: true },
  )
  // What the engine did meanwhile was told to nobody here.
  onScopeDispose(onReopen(listener))
}

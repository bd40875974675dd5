import { onScopeDispose, watch } from 'vue'
import { useRouter } from 'vue-router'
import { useConnection } from '../api/connection'
import { useEngineStore } from '../stores/engine'

/**
 * Without TensorFlow the program opens on the page that fetches it, once: other pages stay reachable. When it has come,
 * by whoever, the program knows without a restart.
 */
export function useRuntimeReadiness(): void {
  const { engine } = useConnection()
  const store = useEngineStore()
  const router = useRouter()
  const stop = watch(
    () => store.info,
    (info) => {
      if (!info) return
      stop()
      if (info.runtimeReady) return
      void router.isReady().then(() => {
        if (router.currentRoute.value.name === 'home') return router.replace('/runtime')
      })
    },
  )
  onScopeDispose(
    engine.subscribe('runtime.changed', {}, ({ ready }) => {
      if (store.info && store.info.runtimeReady !== ready) void store.refreshInfo()
    }),
  )
}

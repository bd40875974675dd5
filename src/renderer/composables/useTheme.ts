import { computed, readonly, ref, watchEffect } from 'vue'
import { chartColors } from '../charts/colors'
import { useEngineStore } from '../stores/engine'

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(darkSystem.matches)
darkSystem.addEventListener('change', (event) => {
  systemIsDark.value = event.matches
})

const isDark = ref(false)

/** Follows the setting, or the system; call once in the root component. */
export function followTheme(): void {
  const engine = useEngineStore()
  watchEffect(() => {
    const { theme } = engine.settings
    isDark.value = theme === 'system' ? systemIsDark.value : theme === 'dark'
    document.documentElement.classList.toggle('dark', isDark.value)
  })
}

export function useTheme() {
  return { isDark: readonly(isDark), colors: computed(() => chartColors(isDark.value)) }
}

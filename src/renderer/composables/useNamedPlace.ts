import { computed } from 'vue'
import { useRoute } from 'vue-router'

/** The stage and step that the address names, if any: a finding leads to its place by them. */
export function useNamedPlace() {
  const route = useRoute()
  return computed(() => {
    const { stage, step } = route.query
    const number = typeof step === 'string' ? Number(step) : NaN
    return typeof stage === 'string' ? { stage, step: Number.isFinite(number) ? number : null } : null
  })
}

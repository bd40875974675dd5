import type { ExperimentPreset } from '@shared/domain'
import { useShortcuts } from '../../composables/useShortcuts'
import { useDraftStore } from '../../stores/draft'
import { useNoticesStore } from '../../stores/notices'
import { formSections, type SectionId } from './formSections'

/** What takes several values back or replaces them, each of which can be undone by its notice and by Ctrl+Z. */
export function useDraftReset() {
  const draft = useDraftStore()
  const notices = useNoticesStore()

  function undo(): void {
    const told = draft.undo()
    if (told) notices.show({ severity: 'info', title: `Undone: ${told}.` })
  }
  function tell(told: string): void {
    notices.show({ severity: 'info', title: `${told}.`, action: { label: 'Undo', run: undo }, seconds: 12 })
  }
  /** A section as the draft began. */
  function reset(section: SectionId): void {
    const told = `${formSections[section].title} reset`
    draft.remember(told)
    draft.resetPart(formSections[section].paths)
    tell(told)
  }
  /** A single value set back by its button. */
  function resetField(path: string, value: unknown, label: string): void {
    const told = `${label} reset`
    draft.remember(told)
    draft.set(path, value)
    tell(told)
  }
  /** Another beginning: a preset, or the defaults. */
  async function begin(preset: ExperimentPreset | null): Promise<void> {
    const again = (preset?.id ?? null) === draft.preset
    const told = preset
      ? again
        ? `Everything back to “${preset.title}”`
        : `“${preset.title}” applied`
      : 'The defaults applied'
    const edited = draft.edited
    draft.remember(told)
    if (!preset) draft.reset()
    else if (
      (await notices.attempt('The preset could not be applied.', () => draft.applyPreset(preset).then(() => true))) !==
      true
    ) {
      draft.undo()
      return
    }
    if (edited) tell(told)
  }
  useShortcuts([{ keys: 'Ctrl+Z', label: 'Undo the last reset', group: 'New experiment', run: undo }])
  return { undo, reset, resetField, begin }
}

import type { ExperimentPreset } from '@shared/domain'
import { useDraftChange } from '../../composables/useDraftChange'
import { useDraftStore } from '../../stores/draft'
import { useNoticesStore } from '../../stores/notices'
import { formSections, type SectionId } from './formSections'

/** What takes values back or replaces them, each of which can be undone by its notice and by Ctrl+Z. */
export function useDraftReset() {
  const draft = useDraftStore()
  const notices = useNoticesStore()
  const change = useDraftChange()

  /** A section as the draft began. */
  function reset(section: SectionId): Promise<void> {
    const { title, paths } = formSections[section]
    return change(`reset of ${title}`, () => draft.resetPart(paths), `${title} reset.`)
  }
  /** A single value set back by its button. */
  const resetField = (path: string, value: unknown, label: string): Promise<void> =>
    change(`reset of ${label}`, () => draft.set(path, value), `${label} reset.`)

  const noticeOf = (preset: ExperimentPreset | null): string => {
    if (!preset) return 'Everything at the defaults.'
    return preset.id === draft.preset ? `Everything back to “${preset.title}”.` : `“${preset.title}” fills the form.`
  }
  /** Another beginning: a preset, or the defaults. */
  async function begin(preset: ExperimentPreset | null): Promise<void> {
    const notice = draft.edited ? noticeOf(preset) : undefined
    await notices.attempt('The preset could not be applied.', () =>
      change(
        preset ? `preset “${preset.title}”` : 'the defaults',
        () => (preset ? draft.applyPreset(preset) : draft.reset()),
        notice,
      ),
    )
  }
  return { reset, resetField, begin }
}

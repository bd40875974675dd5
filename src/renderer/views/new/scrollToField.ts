import { liesInSection, sectionElementId, sectionIds, type SectionId } from './formSections'

/** Brings a section of the form to the top. */
export function scrollToSection(id: SectionId): void {
  document.getElementById(sectionElementId(id))?.scrollIntoView({ behavior: 'smooth', block: 'start' })
}

/** Brings the field of a path into sight and puts the keyboard there; else its section. */
export function scrollToField(path: string): void {
  const field = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`)
  const section = sectionIds.find((id) => liesInSection(path, id)) ?? 'data'
  const target = field ?? document.getElementById(sectionElementId(section))
  target?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  field?.querySelector<HTMLElement>('input, [tabindex]')?.focus({ preventScroll: true })
}

import { nextTick } from 'vue'
import { sectionElementId, sectionOf, type SectionId } from './formSections'

const soughtClass = 'sought'
const soughtMilliseconds = 2400

/** Brings a section of the form to the top. */
export function scrollToSection(id: SectionId): void {
  document.getElementById(sectionElementId(id))?.scrollIntoView({ behavior: 'smooth', block: 'start' })
}

/** The field of a path, else that of the nearest part that holds it. */
function fieldOf(path: string): HTMLElement | null {
  for (let place = path; place !== ''; place = place.slice(0, Math.max(0, place.lastIndexOf('.')))) {
    const found = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(place)}"]`)
    if (found) return found
  }
  return null
}

/** Brings the field of a path into sight, marks it for a moment and puts the keyboard there; else its section. */
export async function scrollToField(path: string): Promise<void> {
  // What was unfolded for it is drawn first.
  await nextTick()
  const field = fieldOf(path)
  const section = sectionOf(path)
  const target = field ?? (section && document.getElementById(sectionElementId(section)))
  target?.scrollIntoView({ block: 'center', behavior: 'smooth' })
  if (!field) return
  const controls = 'input, textarea, button, [tabindex]'
  const control = field.matches('input')
    ? field
    : (field.querySelector<HTMLElement>(':checked') ??
      (field.querySelector('.control') ?? field).querySelector<HTMLElement>(controls))
  control?.focus({ preventScroll: true })
  field.classList.add(soughtClass)
  setTimeout(() => field.classList.remove(soughtClass), soughtMilliseconds)
}

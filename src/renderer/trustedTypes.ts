/**
 * Under Trusted Types the browser takes no text as markup but from a policy. Ours, beside Vue's own for templates that
 * the build has compiled; the page's headers name them, and no other can be made. To be imported before anything else.
 */

import { z } from 'zod'

/** What the browser takes for markup. */
export type Markup = string & { readonly markup: unique symbol }

interface Policies {
  createPolicy(name: string, rules: { createHTML(text: string): string }): { createHTML(text: string): Markup }
}
/** Firefox and Safari of before 2026 have none, and take text. */
const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes

// zod tries whether it may make functions of text as soon as a schema is made; the attempt alone is told as a breach.
z.config({ jitless: true })

// Libraries empty their boxes with `innerHTML = ''`; whatever else they write there is a fault, and refused.
policies?.createPolicy('default', {
  createHTML(text) {
    if (text === '') return ''
    throw new TypeError(`Text was to become markup: ${text.slice(0, 80)}`)
  },
})

const takeAll = { createHTML: (text: string) => text }
const pictures = policies?.createPolicy('pictures', takeAll) ?? { createHTML: (text) => text as Markup }

/** An SVG that the charts have written, to be parsed as a document of its own: scripts in such a one do not run. */
export const pictureMarkup = (svg: string): Markup => pictures.createHTML(svg)

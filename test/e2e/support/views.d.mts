import type { Page } from 'playwright-core'

export interface View {
  readonly name: string
  readonly title: string
  /** One or two sentences for the tour. */
  readonly about: string
  readonly go: (page: Page) => Promise<void>
  /** Closes what was opened over the page. */
  readonly leave?: (page: Page) => Promise<void>
}
export function openRoute(page: Page, route: string): Promise<void>
/** @param ids of a finished run with images and results of analyses */
export function everyView(ids: { readonly run: string }): readonly View[]
export function untouredViews(ids: { readonly run: string }): readonly Pick<View, 'name' | 'go' | 'leave'>[]

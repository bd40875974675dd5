/**
 * The main job through the interface, the same in a browser tab and in a window: a short real run, watched, left, found
 * again, stopped, resumed, compared.
 */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const minute = 60_000
export interface FlowOptions {
  /** Closes the page and opens it again, as a person does; returns the new one. */
  reopen(page: Page): Promise<Page>
}

const field = (page: Page, path: string) => page.locator(`[data-path="${path}"] input`)

/** Small enough for a minute on two cores; long enough to close the window in the middle. */
const shortRun: Record<string, string> = {
  'data.params.trainImages': '400',
  'data.params.testImages': '100',
  'teacher.training.epochs': '2',
  'teacher.training.batchSize': '50',
  'distillation.method.params.pseudoBatches': '360',
  'distillation.method.params.batchSize': '16',
  'distillation.method.params.studentSteps': '1',
  'distillation.method.params.generatorWidth': '16',
  'students.1.defenses.0.params.extra': '6',
  'students.1.defenses.0.params.rounds': '2',
  'students.1.defenses.0.params.settle': '2',
  'recording.evaluateEvery': '20',
  'recording.imagesEvery': '5',
  'recording.imagesPerStep': '16',
  'recording.checkpointEvery': '2',
}

async function setUpShortRun(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'New experiment' }).click()
  await page.locator('#experiment-name').fill('Short run')
  const folded = page.getByRole('button', { name: /^All \d+ parameters/, expanded: false })
  while ((await folded.count()) > 0) await folded.first().click()
  for (const [path, value] of Object.entries(shortRun)) await field(page, path).fill(value)
  await page
    .getByRole('figure')
    .filter({ hasText: /Difference ×\d/ })
    .first()
    .waitFor()
}

/** A canvas as the page knows it; these tests are typed for Node. */
interface PageCanvas {
  width: number
  height: number
  getContext(kind: '2d'): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray }
  }
}

/** Whether a canvas shows a picture, not one colour. */
const isDrawn = (page: Page, selector: string): Promise<boolean> =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const canvas = element as unknown as PageCanvas
      const { width, height } = canvas
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
      return (
        new Set(
          Array.from(
            { length: width * height },
            (_, index) => (data[index * 4]! << 16) | (data[index * 4 + 1]! << 8) | data[index * 4 + 2]!,
          ),
        ).size > 8
      )
    })

const stageText = (page: Page, index: number): Promise<string> =>
  page.locator('.timeline .stage').nth(index).innerText()
const stepOf = (text: string): number => Number(text.match(/([\d\u202f]+) of/)?.[1]?.replaceAll('\u202f', '') ?? '0')
const state = (page: Page, name: string) => page.locator('.run-header .state-badge').filter({ hasText: name })

/** Chooses in a list by the keyboard alone: the first letters lead to it. */
async function chooseByKeys(page: Page, list: string, letters: string): Promise<void> {
  await page.getByRole('combobox', { name: list, exact: true }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('option', { name: letters }).first().waitFor()
  await page.keyboard.type(letters)
  await page.keyboard.press('Enter')
  await page.getByRole('listbox').waitFor({ state: 'detached' })
}

/** Which channels the trigger changes, of the teacher that was just trained: asked for, measured and drawn. */
async function inspectTeacher(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Analyses' }).click()
  await chooseByKeys(page, 'Analysis', 'Model')
  await chooseByKeys(page, 'Model', 'Teacher')
  await page.locator('[data-path="params.testLimit"] input').fill('20')
  await page.getByRole('button', { name: 'Measure' }).focus()
  await page.keyboard.press('Enter')
  const result = page.getByRole('region', { name: 'Model inspection: result' })
  await result.getByText('Where the trigger shows').waitFor({ timeout: 2 * minute })
  expect(await result.getByRole('img', { name: /ASR, random order/ }).count()).toBeGreaterThan(0)
}

export async function runMainJob(firstPage: Page, { reopen }: FlowOptions): Promise<Page> {
  let page = firstPage
  await page.getByRole('button', { name: /^Run the demonstration/ }).waitFor({ timeout: minute })

  await setUpShortRun(page)
  expect(await isDrawn(page, '.preview .frame canvas')).toBe(true)
  await field(page, 'poisoning.ratio').fill('7')
  await page.locator('[data-path="poisoning.ratio"] [role=alert]').waitFor()
  expect(await page.getByRole('button', { name: 'Start experiment' }).isDisabled()).toBe(true)
  await field(page, 'poisoning.ratio').fill('0.2')
  await page.getByRole('button', { name: 'Start experiment', disabled: false }).click()

  await state(page, 'Running').waitFor({ timeout: minute })
  await page
    .locator('[aria-label="Latest values: Teacher: loss"] b')
    .filter({ hasText: /\d/ })
    .waitFor({ timeout: 2 * minute })
  await page.getByRole('slider', { name: 'Kept step' }).waitFor({ timeout: 2 * minute })
  await expect.poll(() => isDrawn(page, '.viewer .sheet canvas'), { timeout: minute }).toBe(true)

  const before = stepOf(await stageText(page, 2))
  page = await reopen(page)
  await page.getByRole('link', { name: 'Short run' }).first().click({ timeout: minute })
  await state(page, 'Running').waitFor({ timeout: minute })
  await expect
    .poll(
      async () =>
        /Done/.test(await page.locator('.timeline .stage').nth(2).innerHTML()) ||
        stepOf(await stageText(page, 2)) > before,
      { timeout: minute },
    )
    .toBe(true)
  await page.getByRole('tab', { name: 'Charts' }).click()
  await page
    .locator('[aria-label="Latest values: Student loss"] b')
    .filter({ hasText: /\d/ })
    .first()
    .waitFor({ timeout: minute })
  const slider = page.getByRole('slider', { name: 'Kept step' })
  await page.getByRole('tab', { name: 'Images' }).click()
  await slider.press('Home')
  // The history from before the window was closed is there, down to the first kept step.
  await expect.poll(() => page.locator('.step-line').innerText(), { timeout: minute }).toMatch(/Pseudo batch [1-5]\b/)

  await page.getByRole('button', { name: 'Stop' }).click()
  await state(page, 'Stopped').waitFor({ timeout: minute })
  await page.getByRole('button', { name: 'Resume from the last checkpoint' }).click()
  await state(page, 'Done').waitFor({ timeout: 4 * minute })

  await page.getByRole('tab', { name: 'Overview' }).click()
  const results = page.locator('section[aria-labelledby=results-title] tbody tr')
  expect(await results.count()).toBeGreaterThanOrEqual(3)
  for (const row of await results.all()) expect(await row.innerText()).toMatch(/\d+\.\d %/)

  await inspectTeacher(page)

  await page.getByRole('link', { name: 'Compare', exact: true }).click()
  const models = page.getByRole('grid', { name: 'Models' }).locator('[data-line]')
  await expect.poll(() => models.count(), { timeout: minute }).toBeGreaterThanOrEqual(3)
  for (const row of [1, 2]) await models.nth(row).locator('.tick').click()
  await expect.poll(() => page.locator('[aria-label="Latest values: ASR"] li').count(), { timeout: minute }).toBe(2)
  return page
}

/** Frame times of the image explorer over four students with 51,200 kept images. */
import { openRoute } from '../../test/e2e/support/views.mjs'
import { cpuSeconds, framesDuring, quiet } from './page.mjs'

const students = 4
const scroller = '.explorer .scroller'

/** Milliseconds from the address to the first frame after which nothing is missing, then frames of each movement. */
export async function explorerFrames(session, run) {
  const { page } = session
  const keys = Array.from({ length: students }, (_, at) => `${run}/student-${at + 1}`)
  await openRoute(page, '/settings/about')
  await quiet(session)
  const before = await cpuSeconds(session)
  await openRoute(page, `/explorer?students=${keys.join(',')}`)
  await page.locator('.explorer [role=option]').waitFor()
  await quiet(session)
  const opens = ((await cpuSeconds(session)) - before) * 1000
  const oneStep = await withCpu(session, draggedSlider)
  await page.getByRole('button', { name: 'Embedding' }).click()
  await page.locator('.embedding .plot').waitFor()
  await quiet(session)
  const plane = await withCpu(session, draggedSlider)
  const lasso = await withCpu(session, drawnLine)
  await page.getByRole('button', { name: 'Embedding' }).click()
  await quiet(session)
  await page.getByRole('button', { name: 'All steps' }).click()
  await quiet(session)
  const images = await page.locator('.explorer header [role=status]').innerText()
  const scrolled = await withCpu(session, scrolling)
  const allSteps = await withCpu(session, draggedSlider)
  return { images, opens, oneStep, plane, lasso, scrolled, allSteps }
}

/** With the main thread's milliseconds of each frame: another program on the machine counts for nothing there. */
async function withCpu(session, move) {
  const before = await cpuSeconds(session)
  const frames = await move(session)
  return { frames, cpu: ((await cpuSeconds(session)) - before) * (1000 / frames.length) }
}

/** As a hand drags it: from end to end and back in three seconds. */
async function draggedSlider(session) {
  const { page } = session
  const box = await page.getByRole('slider', { name: 'Kept step' }).boundingBox()
  const [left, right, y] = [box.x + 8, box.x + box.width - 8, box.y + box.height / 2]
  await page.mouse.move(right, y)
  await page.mouse.down()
  const frames = await framesDuring(session, 3, async () => {
    const started = Date.now()
    for (let share = 0; share < 1; share = (Date.now() - started) / 2800) {
      await page.mouse.move(left + (right - left) * Math.abs(1 - 2 * share), y)
      await page.waitForTimeout(8)
    }
  })
  await page.mouse.up()
  await quiet(session)
  return frames
}

/** Round and round half of the points for three seconds; what it encloses is selected at its end. */
async function drawnLine(session) {
  const { page } = session
  const box = await page.locator('.embedding .plot').boundingBox()
  const at = (turn) => [
    box.x + box.width * (0.35 + 0.25 * Math.cos(turn)),
    box.y + box.height * (0.5 + 0.4 * Math.sin(turn)),
  ]
  await page.mouse.move(...at(0))
  await page.mouse.down()
  const frames = await framesDuring(session, 3.2, async () => {
    const started = Date.now()
    for (let share = 0; share < 1; share = (Date.now() - started) / 2800) {
      await page.mouse.move(...at(2 * Math.PI * share))
      await page.waitForTimeout(8)
    }
    await page.mouse.up()
  })
  await quiet(session)
  await page.getByRole('button', { name: 'One step' }).click()
  await quiet(session)
  return frames
}

async function scrolling(session) {
  const { page } = session
  await page.locator(scroller).hover()
  const frames = await framesDuring(session, 4, async () => {
    const until = Date.now() + 3800
    while (Date.now() < until) {
      await page.mouse.wheel(0, 400)
      await page.waitForTimeout(16)
    }
  })
  await quiet(session)
  return frames
}

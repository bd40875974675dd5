/** A folder of made-up pictures, one folder per class, for benchmarks with images of any side. */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'

const classes = 10
const perClass = { train: 10, test: 4 }

export async function writePictures(folder, side) {
  for (const [split, count] of Object.entries(perClass))
    for (let label = 0; label < classes; label += 1) {
      const home = path.join(folder, split, `class-${label}`)
      fs.mkdirSync(home, { recursive: true })
      for (let index = 0; index < count; index += 1) {
        const pixels = Buffer.alloc(side * side * 3).map((_, place) => (place * 7919 + index * 31 + label * 97) % 256)
        const raw = { width: side, height: side, channels: 3 }
        await sharp(pixels, { raw })
          .png()
          .toFile(path.join(home, `${index}.png`))
      }
    }
}

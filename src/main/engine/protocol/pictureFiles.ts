/** The names of a stage's picture grids on disk. */

/** Relative to the stage's folder; zeros in front, so that names sort by step or call. */
export const pictureFile = (kind: 'images' | 'pool', number: number): string =>
  `${kind}/${String(number).padStart(9, '0')}.png`

/** The functions as they were before the layer took their places: the layer's own means. */
import fs from 'node:fs'

export const real = { ...fs }

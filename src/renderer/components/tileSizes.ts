/** Sides of tiles that people may choose, in CSS pixels; of smaller ones too many are in sight at once. */
export const smallestTile = 24
export const largestTile = 160

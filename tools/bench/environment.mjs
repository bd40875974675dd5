/** The environment that the product starts its trainer with, where it is more than the settings of a run. */
export const trainerEnvironment = {}

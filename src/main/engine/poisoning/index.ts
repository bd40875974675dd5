export { isClassSorted, planPoisoning } from './plan'
export type { PlannedPoisoning } from './plan'
export { poisonTrainingSet, triggerAll, triggeredTestSet } from './apply'

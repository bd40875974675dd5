export * from './fields'
export * from './metrics'
export * from './registry'
export * from './validate'

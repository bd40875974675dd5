export * from './fields'
export * from './registry'
export * from './validate'

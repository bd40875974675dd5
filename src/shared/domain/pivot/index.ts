export * from './fields'
export * from './models'
export * from './pivot'
export * from './values'

export * from './controlMessages'
export * from './engineStarter'
export * from './node'
export * from './paths'

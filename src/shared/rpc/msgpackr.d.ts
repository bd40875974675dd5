/**
 * The build of msgpackr without `new Function`, which a content security policy refuses; the package ships no types for
 * it.
 */
declare module 'msgpackr/index-no-eval' {
  export { Packr } from 'msgpackr'
  const everything: { Packr: typeof import('msgpackr').Packr }
  export default everything
}

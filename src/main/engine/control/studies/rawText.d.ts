/** A file's text, as the bundler puts it in. */
declare module '*.yml?raw' {
  const text: string
  export default text
}

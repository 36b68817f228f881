declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>
  export default classes
}
declare module '*.css'
/** Version of the package that this page was built from (vite.config.ts). */
declare const __VERSION__: string

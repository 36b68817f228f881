/** A built page small enough to look at. Promise: it has the parts that Vite's output has, in the same form. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A page as Vite builds it, with all that could break out of an element. */
export function buildPage(
  dir: string,
  script = 'const a="</script><!--";document.title=a',
  style = 'body{src:url(./font-12345678.woff2)}',
): void {
  mkdirSync(join(dir, 'assets'))
  writeFileSync(
    join(dir, 'index.html'),
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Seismograph</title>
    <link rel="icon" type="image/svg+xml" href="./assets/icon-12345678.svg" />
    <script type="module" crossorigin src="./assets/index-12345678.js"></script>
    <link rel="stylesheet" crossorigin href="./assets/index-12345678.css">
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>`,
  )
  writeFileSync(join(dir, 'assets', 'index-12345678.js'), script)
  writeFileSync(join(dir, 'assets', 'index-12345678.css'), style)
  writeFileSync(join(dir, 'assets', 'icon-12345678.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(dir, 'assets', 'font-12345678.woff2'), Buffer.from([1, 2, 3]))
}

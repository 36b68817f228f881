/** How wide a text is drawn. Promise: measured where it is drawn, each text once. */
import type { Measure } from './labels.ts'
import { fontOf, type Palette } from './palette.ts'

const KEPT = 5000

export class TextWidths {
  /** The page's font features (tabular digits) reach only a canvas in the page. */
  readonly #pen: CanvasRenderingContext2D | null
  readonly #known = new Map<string, number>()
  #palette: Palette

  constructor(canvas: HTMLCanvasElement, palette: Palette) {
    this.#pen = canvas.getContext('2d')
    this.#palette = palette
  }

  /** Fonts may have changed: all is measured anew. */
  set palette(palette: Palette) {
    this.#palette = palette
    this.#known.clear()
  }

  readonly measure: Measure = (text, mono, bold) => {
    const key = `${mono ? 'm' : 'u'}${bold ? 'b' : 't'}${text}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (!this.#pen) return text.length * 6
    if (this.#known.size > KEPT) this.#known.clear()
    this.#pen.font = fontOf(this.#palette, mono, bold)
    const { width } = this.#pen.measureText(text)
    this.#known.set(key, width)
    return width
  }
}

/** Light, dark, or as the system says. Promise: the choice outlives the page and changes nothing but `data-theme` on the root. */
export type ThemeChoice = 'system' | 'light' | 'dark'
export type Theme = 'light' | 'dark'

const KEY = 'seismograph.theme'
const dark = () => window.matchMedia('(prefers-color-scheme: dark)')

export function storedTheme(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

export const resolveTheme = (choice: ThemeChoice): Theme => (choice === 'system' ? (dark().matches ? 'dark' : 'light') : choice)

export function applyTheme(choice: ThemeChoice): Theme {
  const theme = resolveTheme(choice)
  document.documentElement.dataset.theme = theme
  try {
    if (choice === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, choice)
  } catch {
    // A browser without storage still has a theme for this visit.
  }
  return theme
}

/** Calls back when the system's own preference changes. */
export function onSystemTheme(changed: () => void, signal: AbortSignal): void {
  dark().addEventListener('change', changed, { signal })
}

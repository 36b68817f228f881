/** The forms of a judgement, for people and for machines. Promise: each says the same findings in the same order. */
import type { Report } from './report.ts'
import { reportJson } from './report-json.ts'
import { reportJunit } from './report-junit.ts'
import { reportSarif } from './report-sarif.ts'
import { reportText } from './report-text.ts'

export const REPORT_FORMATS = ['text', 'json', 'junit', 'sarif'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

const FORMS: Readonly<Record<ReportFormat, (report: Report) => string>> = {
  text: reportText,
  json: report => `${JSON.stringify(reportJson(report))}\n`,
  junit: reportJunit,
  sarif: report => `${JSON.stringify(reportSarif(report), undefined, 2)}\n`,
}

export const reportAs = (format: ReportFormat, report: Report): string => FORMS[format](report)

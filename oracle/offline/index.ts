/** Logs of systems, judged after the fact. */
export {
  type ImpossibleEvent,
  type LogValidation,
  logFormat,
  logHead,
  logLine,
  logVersion,
  type ValidateLogOptions,
  validateLog,
} from './log.ts';

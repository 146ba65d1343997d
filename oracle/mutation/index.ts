/** The oracle, tested: the truth passes, mutants of it do not. */
export { type Alternatives, type ReplyOperator, replyOperators } from './operators.ts';
export { type OperatorScore, type OracleTeeth, oracleTeeth } from './oracle-teeth.ts';
export { type Permitted, permitted } from './permitted.ts';
export { type Truth, truth } from './truth.ts';

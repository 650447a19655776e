import { insert } from './insert';
import { terminal } from './terminal';

/** One plugin per concern, so that each can be disabled alone. */
export default [insert, terminal];

import { insert } from './insert';

/** One plugin per concern, so that each can be disabled alone. */
export default [insert];

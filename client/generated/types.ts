// Generated from protocol/table.ts by `npm run generate`. Do not edit.

export type * from '../../protocol/generated/types.js';

import type { Question } from '../contract.js';
import { asArray, asObject, asString, type Json, objectsOf } from './json.js';

/** The tool by which a brain asks its human something. */
export const questionTool = 'AskUserQuestion';

/** Members of a tool's input that say best what it is about, in order. */
const telling = [
  'command',
  'file_path',
  'notebook_path',
  'path',
  'pattern',
  'url',
  'query',
  'description',
  'skill',
  'prompt',
];

/** One line of any length that tells a human what a tool is about to do. It is cut where it is shown, once secrets are out of it. */
export function toolTitle(name: string, input: unknown): string {
  const members = asObject(input) ?? {};
  const about =
    name === questionTool
      ? objectsOf(members['questions'])
          .map((item) => asString(item['question']) ?? '')
          .join(' · ')
      : (telling.map((member) => asString(members[member])).find((value) => value !== undefined) ?? '');
  const line = about.replace(/\s+/g, ' ').trim();
  return line === '' ? name : `${name}: ${line}`;
}

/** The text of a tool's result: its text blocks, and a word for what is not text. */
export function toolOutput(content: unknown): string {
  if (typeof content === 'string') return content;
  return asArray(content)
    .map((block) => {
      const members: Json = asObject(block) ?? {};
      return asString(members['text']) ?? `[${asString(members['type']) ?? 'unknown'}]`;
    })
    .join('\n');
}

/** The questions of a question tool's input. */
export function questionsOf(input: unknown): Question[] {
  return objectsOf(asObject(input)?.['questions']).map((item) => {
    const header = asString(item['header']);
    return {
      question: asString(item['question']) ?? '',
      ...(header === undefined ? {} : { header }),
      options: objectsOf(item['options']).map((option) => {
        const description = asString(option['description']);
        return {
          label: asString(option['label']) ?? '',
          ...(description === undefined ? {} : { description }),
        };
      }),
      multiSelect: item['multiSelect'] === true,
    };
  });
}

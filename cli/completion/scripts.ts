import type { CommandWord, OptionWord } from './words.js';

/** Where a shell asks: each command with the words before it. */
interface Place {
  readonly path: string;
  readonly offers: readonly { readonly word: string; readonly summary: string }[];
}

function places(root: CommandWord): Place[] {
  const at = (command: CommandWord, path: string): Place[] => [
    {
      path,
      offers: [
        ...command.commands.map(({ name, summary }) => ({ word: name, summary })),
        ...command.options.flatMap(({ flags, summary }) => flags.map((word) => ({ word, summary }))),
      ],
    },
    ...command.commands.flatMap((sub) => at(sub, path === '' ? sub.name : `${path} ${sub.name}`)),
  ];
  return at(root, '');
}

function flagsWith(root: CommandWord, value: OptionWord['value']): string[] {
  const own = root.options.filter((option) => option.value === value).flatMap(({ flags }) => flags);
  return [...new Set([...own, ...root.commands.flatMap((command) => flagsWith(command, value))])];
}

/** Words that have words of their own below them. */
const branches = (root: CommandWord): string[] =>
  root.commands.filter(({ commands }) => commands.length > 0).map(({ name }) => name);

/** Words after which a clone may be named. */
const addressing = (root: CommandWord): string[] =>
  root.commands.filter(({ takesClone }) => takesClone).map(({ name }) => name);

/** Prints the names of clones, and nothing where no daemon runs. */
const listClones = 'khlone completion clones';

/**
 * Walks over what was typed so far, in bash and zsh alike: the verb, and below some verbs one more word; how many
 * arguments were given, and which zone.
 */
function walk(root: CommandWord, words: string, current: string): string {
  const skip = [...flagsWith(root, 'folder'), ...flagsWith(root, 'other')].join('|');
  return `  for ((i = ${words === 'words' ? 2 : 1}; i < ${current}; i++)); do
    case "\${${words}[i]}" in
      --zone) ((i++)); zone=(--zone "\${${words}[i]}") ;;
      ${skip}) ((i++)) ;;
      -*) ;;
      *)
        if [[ -z $place ]]; then place="\${${words}[i]}"
        elif [[ $place == @(${branches(root).join('|')}) ]]; then place="$place \${${words}[i]}"
        else ((given++))
        fi
        ;;
    esac
  done
`;
}

function bash(root: CommandWord): string {
  const cases = places(root).map(
    ({ path, offers }) => `    '${path}') offers='${offers.map(({ word }) => word).join(' ')}' ;;\n`,
  );
  return `# khlone completion for bash: eval "$(khlone completion bash)"
shopt -s extglob
_khlone() {
  local i given=0 place='' offers='' IFS=$' \\t\\n'
  local -a zone=()
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
${walk(root, 'COMP_WORDS', 'COMP_CWORD')}  case "$before" in
    ${flagsWith(root, 'folder').join('|')})
      IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -d -- "$current"))
      return
      ;;
    ${flagsWith(root, 'other').join('|')})
      COMPREPLY=()
      return
      ;;
  esac
  case "$place" in
${cases.join('')}  esac
  if [[ $place == @(${addressing(root).join('|')}) && $given == 0 && $current != -* ]]; then
    offers="$offers $(${listClones} "\${zone[@]}" 2>/dev/null </dev/null)"
  fi
  COMPREPLY=($(compgen -W "$offers" -- "$current"))
}
complete -F _khlone khlone
`;
}

const zshQuote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function zsh(root: CommandWord): string {
  const cases = places(root).map(({ path, offers }) => {
    const list = offers.map(
      ({ word, summary }) => `        ${zshQuote(`${word.replaceAll(':', '\\:')}:${summary}`)}\n`,
    );
    return `    '${path}')\n      offers=(\n${list.join('')}      )\n      ;;\n`;
  });
  return `#compdef khlone
# khlone completion for zsh: put this file into a folder of $fpath as _khlone, or eval it.
_khlone() {
  setopt local_options ksh_glob
  local i given=0 place=''
  local -a offers zone
${walk(root, 'words', 'CURRENT')}  case "\${words[CURRENT-1]}" in
    ${flagsWith(root, 'folder').join('|')}) _files -/; return ;;
    ${flagsWith(root, 'other').join('|')}) _default; return ;;
  esac
  case "$place" in
${cases.join('')}  esac
  if [[ $place == @(${addressing(root).join('|')}) && $given == 0 ]]; then
    offers+=(\${(f)"$(${listClones} "\${zone[@]}" 2>/dev/null </dev/null)"})
  fi
  _describe -t words khlone offers
}
if [[ \${funcstack[1]} == _khlone ]]; then _khlone "$@"; else compdef _khlone khlone; fi
`;
}

const fishQuote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fish(root: CommandWord): string {
  const lines: string[] = [];
  const at = (command: CommandWord, path: readonly string[]): void => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    const free =
      command.commands.length === 0
        ? ''
        : `not __fish_seen_subcommand_from ${command.commands.map(({ name }) => name).join(' ')}`;
    const when = (condition: string): string => (condition === '' ? '' : ` -n ${fishQuote(condition)}`);
    const here = when([seen, free].filter((part) => part !== '').join('; and '));
    for (const { name, summary } of command.commands) {
      lines.push(`complete -c khlone${here} -a ${name} -d ${fishQuote(summary)}`);
    }
    for (const option of command.options) {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = { none: '', folder: " -x -a '(__fish_complete_directories)'", other: ' -x' }[
        option.value
      ];
      lines.push(`complete -c khlone${here} ${flags.join(' ')}${value} -d ${fishQuote(option.summary)}`);
    }
    for (const sub of command.commands) at(sub, [...path, sub.name]);
  };
  at(root, []);
  const seen = `__fish_seen_subcommand_from ${addressing(root).join(' ')}`;
  lines.push(`complete -c khlone -n ${fishQuote(seen)} -a '(${listClones} 2>/dev/null)' -d clone`);
  return `# khlone completion for fish: save as ~/.config/fish/completions/khlone.fish
complete -c khlone -f
${lines.join('\n')}
`;
}

/** A completion script for each shell. */
export const scripts: Readonly<Record<'bash' | 'zsh' | 'fish', (root: CommandWord) => string>> = {
  bash,
  zsh,
  fish,
};

/** Shell functions that ask `drawbridge __complete` what fits; the words so far go in, candidates come out. */
export const completionScripts = {
  bash: `# drawbridge completion for bash: eval "$(drawbridge completion bash)"
_drawbridge() {
  local IFS=$'\\n'
  COMPREPLY=($(drawbridge __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _drawbridge drawbridge
`,
  zsh: `#compdef drawbridge
# drawbridge completion for zsh: eval "$(drawbridge completion zsh)"
_drawbridge() {
  local -a found
  local line
  while IFS= read -r line; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(drawbridge __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe drawbridge found; else _files; fi
}
if [ "$funcstack[1]" = "_drawbridge" ]; then _drawbridge "$@"; else compdef _drawbridge drawbridge; fi
`,
  fish: `# drawbridge completion for fish: drawbridge completion fish | source
complete -c drawbridge -f -a '(set -l words (commandline -opc) (commandline -ct); drawbridge __complete $words[2..-1] 2>/dev/null)'
`,
} as const;

export type Shell = keyof typeof completionScripts;

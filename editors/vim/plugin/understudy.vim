" Registers Understudy with the installed LSP client, ALE or vim-lsp, for every filetype.

if exists('g:loaded_understudy') || &compatible
  finish
endif
let g:loaded_understudy = 1

let g:understudy_executable = get(g:, 'understudy_executable', 'understudy')
" Settings that override the config file; editors/CONFIGURATION.md lists them.
let g:understudy_settings = get(g:, 'understudy_settings', {})

" The folder of the buffer's project, otherwise the folder of its file.
function! s:Root(buffer) abort
  let l:folder = fnamemodify(bufname(a:buffer), ':p:h')
  for l:marker in ['.git', '.hg', '.understudy.toml']
    let l:found = finddir(l:marker, l:folder . ';')
    let l:found = empty(l:found) ? findfile(l:marker, l:folder . ';') : l:found
    if !empty(l:found)
      return fnamemodify(l:found, ':p:s?/$??:h')
    endif
  endfor
  return l:folder
endfunction

" ALE has no servers for all filetypes, so Understudy is defined for each filetype when it first occurs.
let s:known = {}

function! s:Define(filetype) abort
  if empty(a:filetype) || has_key(s:known, a:filetype) || exists(':ALEInfo') != 2
    return
  endif
  let s:known[a:filetype] = 1
  call ale#linter#Define(a:filetype, {
  \   'name': 'understudy',
  \   'lsp': 'stdio',
  \   'executable': {-> g:understudy_executable},
  \   'command': '%e',
  \   'project_root': function('s:Root'),
  \   'initialization_options': {-> g:understudy_settings},
  \})
endfunction

augroup understudy
  autocmd!
  autocmd FileType * call s:Define(expand('<amatch>'))
  autocmd User lsp_setup call lsp#register_server({
  \   'name': 'understudy',
  \   'cmd': {_ -> [g:understudy_executable]},
  \   'root_uri': {_ -> lsp#utils#path_to_uri(s:Root(bufnr('%')))},
  \   'initialization_options': g:understudy_settings,
  \   'allowlist': ['*'],
  \})
augroup END

" Tells the language client that is there, ALE or vim-lsp, of Understudy, in every filetype.

if exists('g:loaded_understudy') || &compatible
  finish
endif
let g:loaded_understudy = 1

let g:understudy_executable = get(g:, 'understudy_executable', 'understudy')
" Settings that beat the config file's: editors/CONFIGURATION.md lists them.
let g:understudy_settings = get(g:, 'understudy_settings', {})

" The folder of the project that the buffer belongs to, else that of its file.
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

" ALE knows no server of all filetypes: each learns of ours when it is first met.
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
